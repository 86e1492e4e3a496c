#include "GCM.h"

#if defined(__x86_64__)

#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>

// A cache line: the widest load.
enum { alignment = 64 };

struct security_gcm {
  struct gcm_key_data data;
  aes_gcm_enc_dec_t encrypt, decrypt;
  aes_gcm_init_t begin;
  aes_gcm_enc_dec_update_t update;
  aes_gcm_enc_dec_finalize_t finish;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
// Holds the functions for this processor; nothing in it changes once it is there.
static IMB_MGR *functions;

static void find_functions(void) {
  IMB_MGR *manager = alloc_mb_mgr(0);
  if (!manager) return;
  IMB_ARCH architecture = IMB_ARCH_NONE;
  init_mb_mgr_auto(manager, &architecture);
  // Without the processor's own AES instructions OpenSSL is as good.
  const uint64_t needed = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;
  if (architecture == IMB_ARCH_NONE || (manager->features & needed) != needed) {
    free_mb_mgr(manager);
    return;
  }
  functions = manager;
}

security_gcm *security_gcm_new(const uint8_t *key, size_t key_bytes) {
  pthread_once(&once, find_functions);
  if (!functions || (key_bytes != 16 && key_bytes != 32)) return NULL;
  const size_t bytes = (sizeof(security_gcm) + alignment - 1) / alignment * alignment;
  security_gcm *result = aligned_alloc(alignment, bytes);
  if (!result) return NULL;
  if (key_bytes == 16) {
    IMB_AES128_GCM_PRE(functions, key, &result->data);
    result->encrypt = functions->gcm128_enc;
    result->decrypt = functions->gcm128_dec;
    result->begin = functions->gcm128_init;
    result->update = functions->gcm128_enc_update;
    result->finish = functions->gcm128_enc_finalize;
  } else {
    IMB_AES256_GCM_PRE(functions, key, &result->data);
    result->encrypt = functions->gcm256_enc;
    result->decrypt = functions->gcm256_dec;
    result->begin = functions->gcm256_init;
    result->update = functions->gcm256_enc_update;
    result->finish = functions->gcm256_enc_finalize;
  }
  return result;
}

void security_gcm_free(security_gcm *key) {
  OPENSSL_cleanse(key, sizeof(*key));
  free(key);
}

void security_gcm_prefetch(const security_gcm *key) {
  const char *end = (const char *)(key + 1);
  for (const char *line = (const char *)key; line < end; line += alignment) __builtin_prefetch(line);
}

void security_gcm_seal(
    const security_gcm *key, const uint8_t *vector, const uint8_t *head, size_t head_count,
    uint8_t *text, size_t count, const uint8_t *rest, size_t rest_start, size_t rest_count,
    uint8_t *tag) {
  struct gcm_context_data context;
  const uint8_t *source = rest_count == count ? rest : text;
  if (rest_count == 0 || rest_count == count) {
    key->encrypt(
        &key->data, &context, text, source, count, vector, head, head_count, tag,
        security_gcm_tag_bytes);
    return;
  }
  const size_t rest_end = rest_start + rest_count;
  key->begin(&key->data, &context, vector, head, head_count);
  if (rest_start > 0) key->update(&key->data, &context, text, text, rest_start);
  key->update(&key->data, &context, text + rest_start, rest, rest_count);
  if (rest_end < count)
    key->update(&key->data, &context, text + rest_end, text + rest_end, count - rest_end);
  key->finish(&key->data, &context, tag, security_gcm_tag_bytes);
}

int security_gcm_open(
    const security_gcm *key, const uint8_t *vector, const uint8_t *head, size_t head_count,
    uint8_t *text, size_t count, const uint8_t *tag) {
  struct gcm_context_data context;
  uint8_t computed[security_gcm_tag_bytes];
  key->decrypt(
      &key->data, &context, text, text, count, vector, head, head_count, computed,
      security_gcm_tag_bytes);
  if (CRYPTO_memcmp(computed, tag, security_gcm_tag_bytes) == 0) return 1;
  // The same key stream again gives back what came in.
  key->encrypt(
      &key->data, &context, text, text, count, vector, head, head_count, computed,
      security_gcm_tag_bytes);
  return 0;
}

#else

security_gcm *security_gcm_new(const uint8_t *key, size_t key_bytes) { return NULL; }
void security_gcm_free(security_gcm *key) {}
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
