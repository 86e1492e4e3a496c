// RAND_set_rand_method is deprecated but is what OpenSSL 3.0 still asks first.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "CSecurity.h"

static _Thread_local void *thread_random;
static security_draw_random draw_random;

void *security_thread_random(void) { return thread_random; }
void security_set_thread_random(void *source) { thread_random = source; }

static int draw(unsigned char *bytes, int count) {
  if (thread_random) return draw_random(thread_random, bytes, count);
  return RAND_OpenSSL()->bytes(bytes, count);
}

static int ready(void) { return thread_random ? 1 : RAND_OpenSSL()->status(); }

int security_install_random(security_draw_random function) {
  static RAND_METHOD method;
  method.bytes = draw;
  method.pseudorand = draw;
  method.status = ready;
  draw_random = function;
  return RAND_set_rand_method(&method);
}
