#pragma once
// SQLite for the `Store` target alone.
#include <sqlite3.h>

// Binds a text that SQLite copies. `SQLITE_TRANSIENT` is a cast, which Swift cannot import.
static inline int samtal_bind_text(sqlite3_stmt *statement, int index, const char *text, int length) {
  return sqlite3_bind_text(statement, index, text, length, SQLITE_TRANSIENT);
}

// The same for bytes.
static inline int samtal_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, int length) {
  return sqlite3_bind_blob(statement, index, bytes, length, SQLITE_TRANSIENT);
}
