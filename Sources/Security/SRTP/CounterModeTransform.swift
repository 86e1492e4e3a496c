import CSecurity

/// AES_CM_128_HMAC_SHA1_80 (RFC 3711 sections 4.1.1 and 4.2.1).
///
/// The key stream starts at the salt, combined with
///
///      0   1   2   3   4   5   6   7   8   9  10  11  12  13  14  15
///     +---+---+---+---+---+---+---+---+---+---+---+---+---+---+---+---+
///     | 0   0   0   0 |     SSRC      |    index, 48 bits     | 0   0 |
///     +---+---+---+---+---+---+---+---+---+---+---+---+---+---+---+---+
///
/// Behind an RTP packet stands the tag: 80 bits of the HMAC over packet and roll-over counter;
/// behind an RTCP packet the word with the index, then the HMAC over both.
struct CounterModeTransform: ~Copyable {
  private static let tagLength = 10
  private static let digestLength = 20

  private let cipher: OpaquePointer
  private let authentication: OpaquePointer
  private let salt: SRTPBlock

  init(_ keys: SessionKeys) {
    guard let cipher = EVP_CIPHER_CTX_new() else { preconditionFailure("out of memory") }
    require(EVP_EncryptInit_ex(cipher, EVP_aes_128_ctr(), nil, keys.encryption, nil))
    self.cipher = cipher
    authentication = Self.makeAuthentication(keys.authentication)
    salt = SRTPBlock(keys.salt)
  }

  deinit {
    EVP_CIPHER_CTX_free(cipher)
    EVP_MAC_CTX_free(authentication)
  }

  func seal(_ packet: UnsafeMutableRawBufferPointer, _ unit: SRTPUnit) {
    applyKeyStream(packet, unit)
    if unit.use == .rtcp { packet.store(unit.indexWord, at: unit.textEnd) }
    let place = packet.pointer(at: tagOffset(unit), count: Self.tagLength)
    withTag(of: packet, unit) { place.update(from: $0, count: Self.tagLength) }
  }

  func open(_ packet: UnsafeMutableRawBufferPointer, _ unit: SRTPUnit) -> Bool {
    let place = packet.pointer(at: tagOffset(unit), count: Self.tagLength)
    let isAuthentic = withTag(of: packet, unit) {
      CRYPTO_memcmp($0, place, Self.tagLength) == 0
    }
    if isAuthentic { applyKeyStream(packet, unit) }
    return isAuthentic
  }

  private func tagOffset(_ unit: SRTPUnit) -> Int {
    unit.textEnd + (unit.use == .rtcp ? 4 : 0)
  }

  private func applyKeyStream(_ packet: UnsafeMutableRawBufferPointer, _ unit: SRTPUnit) {
    let count = unit.textEnd - unit.headLength
    guard count > 0 else { return }
    let vector = salt.combined(high: UInt64(unit.ssrc), low: unit.index << 16)
    vector.withBytes { require(EVP_EncryptInit_ex(cipher, nil, nil, nil, $0)) }
    let text = packet.pointer(at: unit.headLength, count: count)
    var written: CInt = 0
    require(EVP_EncryptUpdate(cipher, text, &written, text, CInt(count)))
  }

  /// Calls `body` with the HMAC of the packet up to its tag; the key is kept in the context.
  private func withTag<Result>(
    of packet: UnsafeMutableRawBufferPointer, _ unit: SRTPUnit,
    _ body: (UnsafePointer<UInt8>) -> Result
  ) -> Result {
    let length = tagOffset(unit)
    require(EVP_MAC_init(authentication, nil, 0, nil))
    require(EVP_MAC_update(authentication, packet.pointer(at: 0, count: length), length))
    if unit.use == .rtp {
      withUnsafeBytes(of: unit.rollOverCounter.bigEndian) { bytes in
        require(
          EVP_MAC_update(authentication, bytes.bindMemory(to: UInt8.self).baseAddress, 4))
      }
    }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.digestLength) { digest in
      var written = 0
      guard let start = digest.baseAddress else { preconditionFailure("out of memory") }
      require(EVP_MAC_final(authentication, start, &written, Self.digestLength))
      return body(start)
    }
  }

  private static func makeAuthentication(_ key: [UInt8]) -> OpaquePointer {
    let algorithm = EVP_MAC_fetch(nil, "HMAC", nil)
    defer { EVP_MAC_free(algorithm) }
    guard let context = EVP_MAC_CTX_new(algorithm) else { preconditionFailure("out of memory") }
    var digest = Array("SHA1".utf8CString)
    digest.withUnsafeMutableBufferPointer { name in
      // The parameter keeps the pointer to its name, which must outlive the call that makes it.
      Self.digestParameter.withUTF8Buffer { parameter in
        parameter.withMemoryRebound(to: CChar.self) { parameter in
          let parameters = [
            OSSL_PARAM_construct_utf8_string(parameter.baseAddress, name.baseAddress, 0),
            OSSL_PARAM_construct_end(),
          ]
          require(EVP_MAC_init(context, key, key.count, parameters))
        }
      }
    }
    return context
  }

  /// OpenSSL's name for the digest of a MAC (`OSSL_MAC_PARAM_DIGEST`); ends with a zero.
  private static var digestParameter: StaticString { "digest" }
}
