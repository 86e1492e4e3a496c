import CSecurity

extension DTLSEndpoint {
  /// AEAD suites with ephemeral keys only (RFC 8827 section 6.5).
  private static let suites = "ECDHE+AESGCM:ECDHE+CHACHA20"
  private static let groups = "X25519:P-256:P-384"

  /// An OpenSSL connection on `channel`, configured for what SDP agreed on.
  static func makeSSL(
    _ role: Role, _ certificate: Certificate, _ profiles: [SRTPProfile],
    _ channel: DatagramChannel
  ) throws(OpenSSLError) -> OpaquePointer {
    let method = role == .client ? DTLS_client_method() : DTLS_server_method()
    guard let context = SSL_CTX_new(method) else { throw .last() }
    // The connection holds a reference of its own.
    defer { SSL_CTX_free(context) }
    try configure(context, certificate, profiles)
    channel.installVerification(on: context)
    guard let ssl = SSL_new(context) else { throw .last() }
    guard let bio = channel.makeBIO() else {
      SSL_free(ssl)
      throw .last()
    }
    SSL_set_bio(ssl, bio, bio)
    SSL_ctrl(ssl, SSL_CTRL_SET_MTU, maximumDatagram, nil)
    // An hour in microseconds: OpenSSL's timer never comes in the way of ours.
    DTLS_set_timer_cb(ssl) { _, _ in 3_600_000_000 }
    if role == .client { SSL_set_connect_state(ssl) } else { SSL_set_accept_state(ssl) }
    return ssl
  }

  private static func configure(
    _ context: OpaquePointer, _ certificate: Certificate, _ profiles: [SRTPProfile]
  ) throws(OpenSSLError) {
    SSL_CTX_set_options(context, security_dtls_options)
    SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
    try requireSuccess(
      Int32(
        truncatingIfNeeded: SSL_CTX_ctrl(
          context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(DTLS1_2_VERSION), nil)))
    try requireSuccess(SSL_CTX_set_cipher_list(context, suites))
    try requireSuccess(setGroups(context))
    try requireSuccess(SSL_CTX_use_certificate(context, certificate.certificate))
    try requireSuccess(SSL_CTX_use_PrivateKey(context, certificate.privateKey))
    // Success is 0 here.
    let names = profiles.map(\.openSSLName).joined(separator: ":")
    guard SSL_CTX_set_tlsext_use_srtp(context, names) == 0 else { throw .last() }
  }

  private static func setGroups(_ context: OpaquePointer) -> Int32 {
    var names = Array(groups.utf8CString)
    return names.withUnsafeMutableBytes {
      Int32(
        truncatingIfNeeded: SSL_CTX_ctrl(context, SSL_CTRL_SET_GROUPS_LIST, 0, $0.baseAddress))
    }
  }
}

extension SRTPProfile {
  fileprivate var openSSLName: String {
    switch self {
    case .aes128CMSHA1_80: "SRTP_AES128_CM_SHA1_80"
    case .aeadAES128GCM: "SRTP_AEAD_AES_128_GCM"
    case .aeadAES256GCM: "SRTP_AEAD_AES_256_GCM"
    }
  }
}
