#include "GCM.h"

#if defined(__x86_64__)

#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>
#include <pthread.h>

// A cache line: the widest load.
enum { alignment = 64 };

// What is done with a key of one length.
struct functions {
  aes_gcm_enc_dec_t encrypt, decrypt;
  aes_gcm_init_t begin;
  aes_gcm_enc_dec_update_t update;
  aes_gcm_enc_dec_finalize_t finish;
};

struct security_gcm {
  struct gcm_key_data data;
  const struct functions *functions;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
// Knows this processor; null where it has nothing that is faster. Nothing of this changes once it is
// there.
static IMB_MGR *manager;
static struct functions with_128_bits, with_256_bits;

static void find_functions(void) {
  IMB_MGR *found = alloc_mb_mgr(0);
  if (!found) return;
  IMB_ARCH architecture = IMB_ARCH_NONE;
  init_mb_mgr_auto(found, &architecture);
  // Without the processor's own AES instructions OpenSSL is as good.
  const uint64_t needed = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;
  if (architecture == IMB_ARCH_NONE || (found->features & needed) != needed) {
    free_mb_mgr(found);
    return;
  }
  with_128_bits = (struct functions){
      found->gcm128_enc, found->gcm128_dec, found->gcm128_init, found->gcm128_enc_update,
      found->gcm128_enc_finalize};
  with_256_bits = (struct functions){
      found->gcm256_enc, found->gcm256_dec, found->gcm256_init, found->gcm256_enc_update,
      found->gcm256_enc_finalize};
  manager = found;
}

size_t security_gcm_bytes(void) {
  pthread_once(&once, find_functions);
  return manager ? sizeof(security_gcm) : 0;
}

security_gcm *security_gcm_expand(void *memory, const uint8_t *key, size_t key_bytes) {
  security_gcm *result = memory;
  if (key_bytes == 16) {
    IMB_AES128_GCM_PRE(manager, key, &result->data);
    result->functions = &with_128_bits;
  } else if (key_bytes == 32) {
    IMB_AES256_GCM_PRE(manager, key, &result->data);
    result->functions = &with_256_bits;
  } else {
    return NULL;
  }
  return result;
}

void security_gcm_wipe(security_gcm *key) { OPENSSL_cleanse(key, sizeof(*key)); }

void security_gcm_prefetch(const security_gcm *key) {
  const char *end = (const char *)(key + 1);
  for (const char *line = (const char *)key; line < end; line += alignment) __builtin_prefetch(line);
}

void security_gcm_seal(
    const security_gcm *key, const uint8_t *vector, const uint8_t *head, size_t head_count,
    uint8_t *text, size_t count, const uint8_t *rest, size_t rest_start, size_t rest_count,
    uint8_t *tag) {
  const struct functions *functions = key->functions;
  struct gcm_context_data context;
  const uint8_t *source = rest_count == count ? rest : text;
  if (rest_count == 0 || rest_count == count) {
    functions->encrypt(
        &key->data, &context, text, source, count, vector, head, head_count, tag,
        security_gcm_tag_bytes);
    return;
  }
  const size_t rest_end = rest_start + rest_count;
  functions->begin(&key->data, &context, vector, head, head_count);
  if (rest_start > 0) functions->update(&key->data, &context, text, text, rest_start);
  functions->update(&key->data, &context, text + rest_start, rest, rest_count);
  if (rest_end < count)
    functions->update(&key->data, &context, text + rest_end, text + rest_end, count - rest_end);
  functions->finish(&key->data, &context, tag, security_gcm_tag_bytes);
}

int security_gcm_open(
    const security_gcm *key, const uint8_t *vector, const uint8_t *head, size_t head_count,
    uint8_t *text, size_t count, const uint8_t *tag) {
  struct gcm_context_data context;
  uint8_t computed[security_gcm_tag_bytes];
  key->functions->decrypt(
      &key->data, &context, text, text, count, vector, head, head_count, computed,
      security_gcm_tag_bytes);
  if (CRYPTO_memcmp(computed, tag, security_gcm_tag_bytes) == 0) return 1;
  // The same key stream again gives back what came in.
  key->functions->encrypt(
      &key->data, &context, text, text, count, vector, head, head_count, computed,
      security_gcm_tag_bytes);
  return 0;
}

#else

size_t security_gcm_bytes(void) { return 0; }
security_gcm *security_gcm_expand(void *memory, const uint8_t *key, size_t key_bytes) { return NULL; }
void security_gcm_wipe(security_gcm *key) {}
void security_gcm_prefetch(const security_gcm *key) {}
void security_gcm_seal(
    const security_gcm *key, const uint8_t *vector, const uint8_t *head, size_t head_count,
    uint8_t *text, size_t count, const uint8_t *rest, size_t rest_start, size_t rest_count,
    uint8_t *tag) {}
int security_gcm_open(
    const security_gcm *key, const uint8_t *vector, const uint8_t *head, size_t head_count,
    uint8_t *text, size_t count, const uint8_t *tag) {
  return 0;
}

#endif
