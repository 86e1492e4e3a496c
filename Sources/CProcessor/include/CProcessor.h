#pragma once
// What only C can tell the processor.
#include <stddef.h>

enum { processor_cache_line_bytes = 64 };

// Memory for things of which there are many, each wanted for a moment and then not for long: those
// of one size stand side by side in large pages (2 MiB, where the kernel has them), as a processor
// that has left one alone for long has forgotten where its page is, too. At most 2 MiB; it begins
// with a cache line, and its bytes are anything. Null where there is none.
void *processor_memory_take(size_t count);
// Gives it back, for the next that asks for as much: to the kernel it does not return. Any thread may
// take and give.
void processor_memory_give(void *memory, size_t count);

// Asks for `count` bytes from `start` on to be brought into the cache, without waiting for them. The
// address need not be anybody's.
static inline void processor_prefetch(const void *start, size_t count) {
  const char *line = (const char *)start;
  for (const char *end = line + count; line < end; line += processor_cache_line_bytes)
    __builtin_prefetch(line, 0, 3);
}
