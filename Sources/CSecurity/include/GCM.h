#pragma once
// AES-GCM in one call a packet, by Intel's Multi-Buffer Crypto library: on x86-64 it takes a quarter
// of the time that OpenSSL's call for each step takes. What it cannot do here is told by null.
#include <stddef.h>
#include <stdint.h>

// A key of 16 or 32 bytes, expanded.
typedef struct security_gcm security_gcm;

enum { security_gcm_tag_bytes = 16 };

// How many bytes an expanded key takes; 0 where this machine has no library that is faster.
size_t security_gcm_bytes(void);
// Expands a key into as many bytes of memory, which begin with a cache line. Null where its length is
// another.
security_gcm *security_gcm_expand(void *memory, const uint8_t *key, size_t key_bytes);
// Wipes it.
void security_gcm_wipe(security_gcm *key);

// Has the processor bring near what the next call with this key will read.
void security_gcm_prefetch(const security_gcm *key);

// Encrypts `count` bytes of `text` in place, and writes the tag over them and over `head`, which
// stays as it is. `vector` has 12 bytes. Of the text, `rest_count` bytes from `rest_start` on stand
// in `rest` instead.
void security_gcm_seal(
    const security_gcm *key, const uint8_t *vector, const uint8_t *head, size_t head_count,
    uint8_t *text, size_t count, const uint8_t *rest, size_t rest_start, size_t rest_count,
    uint8_t *tag);

// Decrypts in place; 1 where the tag is right, else 0, with the text as it was.
int security_gcm_open(
    const security_gcm *key, const uint8_t *vector, const uint8_t *head, size_t head_count,
    uint8_t *text, size_t count, const uint8_t *tag);
