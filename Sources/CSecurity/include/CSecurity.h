#pragma once
// OpenSSL, libsrtp2 and Multi-Buffer Crypto for the `Security` target alone, with the macros that
// Swift cannot see.
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <srtp2/srtp.h>
#include "DTLSConstants.h"
#include "GCM.h"
