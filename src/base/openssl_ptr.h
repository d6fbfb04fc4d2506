// OpenSSL's objects as values with one owner. Kinds that one folder alone uses are named there, by FreeBy.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

namespace gh {

template <auto free_it>
struct FreeBy {
  template <class T>
  void operator()(T* object) const { free_it(object); }
};

using BioPtr = std::unique_ptr<BIO, FreeBy<BIO_free>>;
using CertificatePtr = std::unique_ptr<X509, FreeBy<X509_free>>;
using EvpKeyPtr = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;

}  // namespace gh
