#pragma once
// SQLite for the `Store` target alone.
#include <sqlite3.h>
