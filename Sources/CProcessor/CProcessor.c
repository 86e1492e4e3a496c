#define _GNU_SOURCE
#include "CProcessor.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { page_bytes = 2 << 20, sizes = 8 };

struct piece {
  struct piece *next;
};

// The pieces of one size.
struct store {
  size_t count;
  struct piece *given_back;
  // What of the newest page has never been taken.
  char *rest;
  size_t rest_bytes;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct store stores[sizes];

static size_t whole_lines(size_t count) {
  return (count + processor_cache_line_bytes - 1) / processor_cache_line_bytes *
         processor_cache_line_bytes;
}

// Null where there are pieces of too many sizes already: those of further ones are the heap's.
static struct store *find_store(size_t count) {
  for (int index = 0; index < sizes; index++) {
    if (stores[index].count == 0) stores[index].count = count;
    if (stores[index].count == count) return &stores[index];
  }
  return NULL;
}

static char *new_page(void) {
  // Twice as much holds a whole one, wherever it begins.
  char *start = mmap(NULL, 2 * page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return NULL;
  const size_t before = -(uintptr_t)start % page_bytes;
  if (before > 0) munmap(start, before);
  munmap(start + before + page_bytes, page_bytes - before);
  // Where the kernel has none to give, small ones do as well, only slower.
  madvise(start + before, page_bytes, MADV_HUGEPAGE);
  return start + before;
}

static void *take_from(struct store *store) {
  if (store->given_back) {
    struct piece *piece = store->given_back;
    store->given_back = piece->next;
    return piece;
  }
  if (store->rest_bytes < store->count) {
    store->rest = new_page();
    store->rest_bytes = store->rest ? page_bytes : 0;
    if (!store->rest) return NULL;
  }
  char *piece = store->rest;
  store->rest += store->count;
  store->rest_bytes -= store->count;
  return piece;
}

void *processor_memory_take(size_t count) {
  count = whole_lines(count);
  if (count == 0 || count > page_bytes) return NULL;
  pthread_mutex_lock(&lock);
  struct store *store = find_store(count);
  void *piece = store ? take_from(store) : aligned_alloc(processor_cache_line_bytes, count);
  pthread_mutex_unlock(&lock);
  return piece;
}

void processor_memory_give(void *memory, size_t count) {
  if (!memory) return;
  pthread_mutex_lock(&lock);
  struct store *store = find_store(whole_lines(count));
  if (store) {
    struct piece *piece = memory;
    piece->next = store->given_back;
    store->given_back = piece;
  } else {
    free(memory);
  }
  pthread_mutex_unlock(&lock);
}
