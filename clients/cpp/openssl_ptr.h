#ifndef PASSERELLE_CLIENTS_CPP_OPENSSL_PTR_H_
#define PASSERELLE_CLIENTS_CPP_OPENSSL_PTR_H_

#include <memory>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// Owners for OpenSSL objects. For the implementation of the client only.

namespace passerelle::client {

template <typename T, void (*kFree)(T*)>
struct OpensslFree {
  void operator()(T* object) const { kFree(object); }
};

struct BioFree {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
struct X509StackFree {
  void operator()(STACK_OF(X509) * stack) const {
    sk_X509_pop_free(stack, X509_free);
  }
};

using BioPtr = std::unique_ptr<BIO, BioFree>;
using X509Ptr = std::unique_ptr<X509, OpensslFree<X509, X509_free>>;
using X509StackPtr = std::unique_ptr<STACK_OF(X509), X509StackFree>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY, EVP_PKEY_free>>;
using StorePtr =
    std::unique_ptr<X509_STORE, OpensslFree<X509_STORE, X509_STORE_free>>;
using StoreContextPtr =
    std::unique_ptr<X509_STORE_CTX,
                    OpensslFree<X509_STORE_CTX, X509_STORE_CTX_free>>;
using SslContextPtr =
    std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX, SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, OpensslFree<SSL, SSL_free>>;
using AltNamesPtr =
    std::unique_ptr<GENERAL_NAMES,
                    OpensslFree<GENERAL_NAMES, GENERAL_NAMES_free>>;

}  // namespace passerelle::client

#endif  // PASSERELLE_CLIENTS_CPP_OPENSSL_PTR_H_
