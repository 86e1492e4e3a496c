#include "CWeb.h"

CURLcode web_transfer_set_number(CURL *transfer, CURLoption option, long value) {
  return curl_easy_setopt(transfer, option, value);
}

CURLcode web_transfer_set_text(CURL *transfer, CURLoption option, const char *value) {
  return curl_easy_setopt(transfer, option, value);
}

CURLcode web_transfer_set_body(CURL *transfer, const void *bytes, size_t count) {
  // The size first: it says how much is copied.
  CURLcode code = curl_easy_setopt(transfer, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
  return code != CURLE_OK ? code : curl_easy_setopt(transfer, CURLOPT_COPYPOSTFIELDS, bytes);
}

CURLcode web_transfer_set_list(CURL *transfer, CURLoption option, struct curl_slist *list) {
  return curl_easy_setopt(transfer, option, list);
}

CURLcode web_transfer_on_send(CURL *transfer, web_transfer_bytes send, void *context) {
  CURLcode code = curl_easy_setopt(transfer, CURLOPT_READFUNCTION, send);
  return code != CURLE_OK ? code : curl_easy_setopt(transfer, CURLOPT_READDATA, context);
}

CURLcode web_transfer_on_receive(CURL *transfer, web_transfer_bytes receive, void *context) {
  CURLcode code = curl_easy_setopt(transfer, CURLOPT_WRITEFUNCTION, receive);
  return code != CURLE_OK ? code : curl_easy_setopt(transfer, CURLOPT_WRITEDATA, context);
}

CURLcode web_transfer_on_talk(CURL *transfer, curl_debug_callback hear, void *context) {
  CURLcode code = curl_easy_setopt(transfer, CURLOPT_DEBUGFUNCTION, hear);
  if (code == CURLE_OK) code = curl_easy_setopt(transfer, CURLOPT_DEBUGDATA, context);
  return code != CURLE_OK ? code : curl_easy_setopt(transfer, CURLOPT_VERBOSE, 1L);
}

CURLcode web_transfer_on_connect(CURL *transfer, curl_opensocket_callback open, void *context) {
  CURLcode code = curl_easy_setopt(transfer, CURLOPT_OPENSOCKETFUNCTION, open);
  return code != CURLE_OK ? code : curl_easy_setopt(transfer, CURLOPT_OPENSOCKETDATA, context);
}

long web_transfer_status(CURL *transfer) {
  long status = 0;
  curl_easy_getinfo(transfer, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

long web_transfer_retry_after(CURL *transfer) {
  curl_off_t seconds = 0;
  curl_easy_getinfo(transfer, CURLINFO_RETRY_AFTER, &seconds);
  return seconds > 0 && seconds < 1 << 30 ? (long)seconds : 0;
}
