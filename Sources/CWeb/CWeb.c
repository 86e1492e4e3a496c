#include "CWeb.h"

#include <openssl/ssl.h>

const int web_prefix_bytes = LWS_PRE;
const long web_tls_options = (long)(SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 |
                                    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
const int web_no_port = CONTEXT_PORT_NO_LISTEN;
const int web_timeout_now = LWS_TO_KILL_ASYNC;
