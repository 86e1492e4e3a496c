#pragma once
// libwebsockets for the `Runtime` target alone, with the macros that Swift cannot see.
#include <libwebsockets.h>

#include "Transfer.h"

// Bytes that a buffer handed to lws_write has before its contents, for the frame's header.
extern const int web_prefix_bytes;
// OpenSSL options that leave TLS 1.2 and newer.
extern const long web_tls_options;
// A vhost that does not listen.
extern const int web_no_port;
// A timeout that ends a connection at once, from outside its own callback.
extern const int web_timeout_now;

// The bytes that have been read from a TCP connection; -1 where the kernel does not tell.
long long web_bytes_read(int descriptor);

// A loop for the library to wait in: its own asks about every connection whenever one of them has
// something, which thousands of idle ones make slow.
void *web_loop_make(void);
// Waits for something to happen, at most for the time of a tick, and deals with it.
void web_loop_turn(void *loop);
void web_loop_free(void *loop);
// The longest wait of one turn.
extern const double web_loop_tick_seconds;
