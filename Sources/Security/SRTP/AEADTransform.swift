import CSecurity

/// AEAD_AES_128_GCM and AEAD_AES_256_GCM (RFC 7714).
///
/// The initialization vector (sections 8.1 and 9.1) is the salt combined with
///
///      0   1   2   3   4   5   6   7   8   9  10  11
///     +---+---+---+---+---+---+---+---+---+---+---+---+
///     | 0   0 |     SSRC      |  roll-overs   |  SEQ  |  RTP
///     +---+---+---+---+---+---+---+---+---+---+---+---+
///     | 0   0 |     SSRC      | 0   0 |  SRTCP index  |  RTCP
///     +---+---+---+---+---+---+---+---+---+---+---+---+
///
/// which is one formula: SSRC, then the index in 48 bits. Behind an RTP packet stands the tag,
/// behind an RTCP packet the tag and the word with the index, which is authenticated with the
/// clear head.
struct AEADTransform: ~Copyable {
  private static let tagLength = 16

  private let context: OpaquePointer
  private let salt: SRTPBlock
  /// Names the tag's place to OpenSSL: made once, with another place for each packet.
  private let tagParameter: UnsafeMutablePointer<OSSL_PARAM>

  init(_ keys: SessionKeys) {
    guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("out of memory") }
    let cipher = keys.encryption.count == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm()
    require(EVP_EncryptInit_ex(context, cipher, nil, keys.encryption, nil))
    self.context = context
    salt = SRTPBlock(keys.salt)
    tagParameter = .allocate(capacity: 2)
    Self.tagName.withMemoryRebound(to: CChar.self, capacity: 4) {
      tagParameter.initialize(
        to: OSSL_PARAM_construct_octet_string($0, nil, Self.tagLength))
    }
    (tagParameter + 1).initialize(to: OSSL_PARAM_construct_end())
  }

  deinit {
    EVP_CIPHER_CTX_free(context)
    tagParameter.deallocate()
  }

  /// OpenSSL's name for the tag of an AEAD cipher (`OSSL_CIPHER_PARAM_AEAD_TAG`); it is compared
  /// with each packet's, and lives as long as the program.
  private static var tagName: UnsafePointer<UInt8> {
    let name: StaticString = "tag"
    return name.utf8Start
  }

  func seal(_ packet: UnsafeMutableRawBufferPointer, _ unit: SRTPUnit) {
    let tag = packet.pointer(at: unit.textEnd, count: Self.tagLength)
    begin(packet, unit, encrypting: true)
    applyKeyStream(packet, unit)
    var written: CInt = 0
    require(EVP_CipherFinal_ex(context, tag, &written))
    tagParameter.pointee.data = UnsafeMutableRawPointer(tag)
    require(EVP_CIPHER_CTX_get_params(context, tagParameter))
    if unit.use == .rtcp { packet.store(unit.indexWord, at: unit.textEnd + Self.tagLength) }
  }

  func open(_ packet: UnsafeMutableRawBufferPointer, _ unit: SRTPUnit) -> Bool {
    let tag = packet.pointer(at: unit.textEnd, count: Self.tagLength)
    begin(packet, unit, encrypting: false)
    applyKeyStream(packet, unit)
    tagParameter.pointee.data = UnsafeMutableRawPointer(tag)
    require(EVP_CIPHER_CTX_set_params(context, tagParameter))
    var written: CInt = 0
    var nothing: UInt8 = 0
    if EVP_CipherFinal_ex(context, &nothing, &written) == 1 { return true }
    // The same key stream again gives back what came in.
    begin(packet, unit, encrypting: true)
    applyKeyStream(packet, unit)
    return false
  }

  /// Sets the initialization vector, and takes in what is authenticated but stays clear.
  private func begin(
    _ packet: UnsafeMutableRawBufferPointer, _ unit: SRTPUnit, encrypting: Bool
  ) {
    salt.aeadVector(of: unit).withBytes {
      require(EVP_CipherInit_ex2(context, nil, nil, $0, encrypting ? 1 : 0, nil))
    }
    var taken: CInt = 0
    let head = packet.pointer(at: 0, count: unit.headLength)
    require(EVP_CipherUpdate(context, nil, &taken, head, CInt(unit.headLength)))
    guard unit.use == .rtcp else { return }
    let word = unit.indexWord.bigEndian
    withUnsafeBytes(of: word) { bytes in
      let start = bytes.bindMemory(to: UInt8.self).baseAddress
      require(EVP_CipherUpdate(context, nil, &taken, start, 4))
    }
  }

  private func applyKeyStream(_ packet: UnsafeMutableRawBufferPointer, _ unit: SRTPUnit) {
    let count = unit.textEnd - unit.headLength
    guard count > 0 else { return }
    let text = packet.pointer(at: unit.headLength, count: count)
    var written: CInt = 0
    require(EVP_CipherUpdate(context, text, &written, text, CInt(count)))
  }
}

extension SRTPBlock {
  /// A salt made the initialization vector of a packet, in the first 12 bytes.
  func aeadVector(of unit: SRTPUnit) -> SRTPBlock {
    combined(high: UInt64(unit.ssrc) << 16 | unit.index >> 32, low: unit.index << 32)
  }
}
