#pragma once
// Linux calls that Swift's Glibc module does not offer. No system header is included here, so
// that this module never clashes with another one's view of them.
#include <stdint.h>
