import CSecurity

/// What texts in PEM hold (RFC 7468). The caller frees what it is given.
enum PEM {
  /// The first certificate; nil where there is none.
  static func certificate(in text: String) -> OpaquePointer? {
    read(text) { PEM_read_bio_X509($0, nil, noPassword, nil) }
  }

  /// The first private key; nil where there is none, or one under a password.
  static func privateKey(in text: String) -> OpaquePointer? {
    read(text) { PEM_read_bio_PrivateKey($0, nil, noPassword, nil) }
  }

  /// The first public key; nil where there is none.
  static func publicKey(in text: String) -> OpaquePointer? {
    read(text) { PEM_read_bio_PUBKEY($0, nil, noPassword, nil) }
  }

  private static func read(
    _ text: String, _ take: (OpaquePointer?) -> OpaquePointer?
  ) -> OpaquePointer? {
    let bytes = Array(text.utf8)
    let input = BIO_new_mem_buf(bytes, Int32(clamping: bytes.count))
    defer {
      BIO_free(input)
      ERR_clear_error()
    }
    return take(input)
  }
}

/// What OpenSSL asks for a password: there is nobody to ask.
private func noPassword(
  _: UnsafeMutablePointer<CChar>?, _: Int32, _: Int32, _: UnsafeMutableRawPointer?
) -> Int32 { -1 }
