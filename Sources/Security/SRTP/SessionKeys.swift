import CSecurity
import Primitives

/// The keys that protect one direction's RTP, or its RTCP, derived from the master key (RFC 3711
/// section 4.3; RFC 6188 for 256 bits, RFC 7714 section 11 for the shorter salt).
struct SessionKeys {
  /// Which packets the keys are for; the raw value is the first of the three derivation labels.
  enum Use: UInt8 {
    case rtp = 0
    case rtcp = 3
  }

  var encryption: [UInt8]
  /// Empty in an AEAD profile.
  var authentication: [UInt8]
  var salt: [UInt8]
}

extension SessionKeys {
  /// Derives the keys; the derivation rate is 0: once.
  init(_ master: SRTPMasterKey, for use: Use) {
    let profile = master.profile
    encryption = Self.derive(master, label: use.rawValue, count: profile.keyLength)
    authentication =
      profile.isAEAD ? [] : Self.derive(master, label: use.rawValue + 1, count: 20)
    salt = Self.derive(master, label: use.rawValue + 2, count: profile.saltLength)
  }

  /// Overwrites the keys, once they have been handed over.
  mutating func wipe() {
    for field in [\SessionKeys.encryption, \.authentication, \.salt] {
      self[keyPath: field].withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    }
  }

  /// The first `count` bytes of the key stream that AES in counter mode gives from the salt with
  /// the label laid over its eighth byte.
  private static func derive(_ master: SRTPMasterKey, label: UInt8, count: Int) -> [UInt8] {
    var block = master.salt.value + [UInt8](repeating: 0, count: 16 - master.salt.value.count)
    block[7] ^= label
    let cipher = master.profile.keyLength == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr()
    let context = EVP_CIPHER_CTX_new()
    defer { EVP_CIPHER_CTX_free(context) }
    require(EVP_EncryptInit_ex(context, cipher, nil, master.key.value, block))
    var stream = [UInt8](repeating: 0, count: count)
    var written: CInt = 0
    let zeros = stream
    require(EVP_EncryptUpdate(context, &stream, &written, zeros, CInt(count)))
    return stream
  }
}

/// Holds OpenSSL to its word: these calls cannot fail but by a mistake of ours or for want of
/// memory, never by what a peer sends.
@inline(__always)
func require(_ result: CInt) {
  precondition(result == 1, "OpenSSL refused")
}
