#pragma once
// What only C can tell the processor.
#include <stddef.h>

enum { processor_cache_line_bytes = 64 };

// Asks for `count` bytes from `start` on to be brought into the cache, without waiting for them. The
// address need not be anybody's.
static inline void processor_prefetch(const void *start, size_t count) {
  const char *line = (const char *)start;
  for (const char *end = line + count; line < end; line += processor_cache_line_bytes)
    __builtin_prefetch(line, 0, 3);
}
