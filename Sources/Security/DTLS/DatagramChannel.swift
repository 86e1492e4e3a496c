import CSecurity

/// What stands between OpenSSL and the network for one endpoint: a BIO that keeps datagrams apart
/// (OpenSSL's memory BIO would run them together), and the test of the peer's certificate.
///
/// OpenSSL's callbacks reach it through an unretained pointer; its endpoint keeps it alive.
final class DatagramChannel {
  /// The datagram that OpenSSL reads next.
  var incoming: [UInt8]?
  /// What OpenSSL has written since it was last emptied.
  var outgoing: [[UInt8]] = []
  /// SHA-256 of each certificate that the peer may show.
  let acceptedDigests: [[UInt8]]
  /// Whether the peer has shown a certificate that it may not.
  var hasRefusedCertificate = false

  init(acceptedDigests: [[UInt8]]) { self.acceptedDigests = acceptedDigests }

  /// A new BIO on this channel; whoever frees it does not free the channel.
  func makeBIO() -> OpaquePointer? {
    guard let bio = BIO_new(Self.method) else { return nil }
    BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
    return bio
  }

  /// Makes `context` accept a peer by its certificate's digest alone: the certificate is
  /// self-signed, and SDP vouches for it (RFC 8827 section 6.5).
  func installVerification(on context: OpaquePointer) {
    SSL_CTX_set_cert_verify_callback(
      context,
      { store, channel in
        guard let channel else { return 0 }
        let me = Unmanaged<DatagramChannel>.fromOpaque(channel).takeUnretainedValue()
        if let certificate = X509_STORE_CTX_get0_cert(store),
          let digest = try? Certificate.digest(of: certificate),
          me.acceptedDigests.contains(digest)
        {
          return 1
        }
        me.hasRefusedCertificate = true
        X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED)
        return 0
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  private func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
    guard let datagram = incoming else { return nil }
    incoming = nil
    let count = min(buffer.count, datagram.count)
    buffer.copyBytes(from: datagram.prefix(count))
    return count
  }

  private static func of(_ bio: OpaquePointer?) -> DatagramChannel? {
    BIO_get_data(bio).map { Unmanaged<DatagramChannel>.fromOpaque($0).takeUnretainedValue() }
  }

  /// The BIO's functions, made once and never changed.
  private nonisolated(unsafe) static let method: OpaquePointer? = {
    let method = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "datagram channel")
    BIO_meth_set_create(method) { bio in
      BIO_set_init(bio, 1)
      return 1
    }
    BIO_meth_set_write(method) { bio, bytes, count in
      guard let channel = DatagramChannel.of(bio), count > 0 else { return -1 }
      channel.outgoing.append(
        Array(UnsafeRawBufferPointer(start: bytes, count: Int(count))))
      return count
    }
    BIO_meth_set_read(method) { bio, bytes, count in
      BIO_clear_flags(bio, security_bio_retry_flags)
      let buffer = UnsafeMutableRawBufferPointer(start: bytes, count: Int(count))
      if let read = DatagramChannel.of(bio)?.read(into: buffer) { return Int32(read) }
      BIO_set_flags(bio, security_bio_retry_read)
      return -1
    }
    BIO_meth_set_ctrl(method) { _, command, _, _ in
      // UDP over IPv6 takes 48 bytes; the other commands have no meaning here.
      command == BIO_CTRL_FLUSH ? 1 : command == BIO_CTRL_DGRAM_GET_MTU_OVERHEAD ? 48 : 0
    }
    return method
  }()
}
