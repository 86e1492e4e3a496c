#pragma once
// libcurl for the `Delivery` target alone. Its setters take a variable number of arguments, which
// Swift cannot call; each of these takes the one type that its options want.
#include <curl/curl.h>

// The signature of the functions that hand over what is sent and take what is received.
typedef size_t (*web_transfer_bytes)(char *bytes, size_t size, size_t count, void *context);

CURLcode web_transfer_set_number(CURL *transfer, CURLoption option, long value);
// The text is copied.
CURLcode web_transfer_set_text(CURL *transfer, CURLoption option, const char *value);
// The body of a POST, which is copied.
CURLcode web_transfer_set_body(CURL *transfer, const void *bytes, size_t count);
// The list is not copied: it lives for as long as the transfer.
CURLcode web_transfer_set_list(CURL *transfer, CURLoption option, struct curl_slist *list);
CURLcode web_transfer_on_send(CURL *transfer, web_transfer_bytes send, void *context);
CURLcode web_transfer_on_receive(CURL *transfer, web_transfer_bytes receive, void *context);
CURLcode web_transfer_on_talk(CURL *transfer, curl_debug_callback hear, void *context);
CURLcode web_transfer_on_connect(CURL *transfer, curl_opensocket_callback open, void *context);

// The last status code of the server; 0 where there is none.
long web_transfer_status(CURL *transfer);
// The seconds of a Retry-After; 0 where there is none.
long web_transfer_retry_after(CURL *transfer);
