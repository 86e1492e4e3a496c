#include "CWeb.h"

#include <ev.h>
#include <openssl/ssl.h>
#include <stdlib.h>

const int web_prefix_bytes = LWS_PRE;
const long web_tls_options = (long)(SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 |
                                    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
const double web_loop_tick_seconds = 0.25;
const int web_no_port = CONTEXT_PORT_NO_LISTEN;
const int web_timeout_now = LWS_TO_KILL_ASYNC;

static void tick(struct ev_loop *loop, ev_timer *timer, int events) {
  (void)loop, (void)timer, (void)events;
}

void *web_loop_make(void) {
  struct ev_loop *loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
  ev_timer *timer = malloc(sizeof *timer);
  if (!loop || !timer) {
    if (loop) ev_loop_destroy(loop);
    free(timer);
    return NULL;
  }
  ev_timer_init(timer, tick, web_loop_tick_seconds, web_loop_tick_seconds);
  ev_timer_start(loop, timer);
  ev_set_userdata(loop, timer);
  return loop;
}

void web_loop_turn(void *loop) { ev_run(loop, EVRUN_ONCE); }

void web_loop_free(void *loop) {
  ev_timer *timer = ev_userdata((struct ev_loop *)loop);
  ev_loop_destroy(loop);
  free(timer);
}
