#pragma once
// libwebsockets for the `Runtime` target alone.
#include <libwebsockets.h>
