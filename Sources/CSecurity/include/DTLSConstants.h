#pragma once
// What DTLS needs of OpenSSL that Swift cannot see: macros with a cast, and its randomness.
#include <openssl/ssl.h>

static const uint64_t security_dtls_options =
    SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION;
static const int security_bio_retry_flags = BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY;
static const int security_bio_retry_read = BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY;

// The calling thread's stand-in for OpenSSL's randomness, or null: then the thread draws from
// OpenSSL's own generator.
void *security_thread_random(void);
void security_set_thread_random(void *source);

// Installs `function` as what fills `count` bytes from a thread's stand-in; 1 is success.
typedef int (*security_draw_random)(void *source, unsigned char *bytes, int count);
int security_install_random(security_draw_random function);
