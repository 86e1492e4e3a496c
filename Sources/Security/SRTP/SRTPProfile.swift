import Primitives

/// How SRTP protects packets: the protection profiles that DTLS may agree on (RFC 5764
/// section 4.1.2, RFC 7714 section 14.2). The raw value is the profile's number there.
public enum SRTPProfile: UInt16, Hashable, Sendable, CaseIterable {
  /// SRTP_AES128_CM_HMAC_SHA1_80: AES in counter mode, and 80 bits of HMAC-SHA1.
  case aes128CMSHA1_80 = 1
  /// SRTP_AEAD_AES_128_GCM.
  case aeadAES128GCM = 7
  /// SRTP_AEAD_AES_256_GCM.
  case aeadAES256GCM = 8

  /// Bytes in a master key.
  public var keyLength: Int { self == .aeadAES256GCM ? 32 : 16 }

  /// Bytes in a master salt.
  public var saltLength: Int { isAEAD ? 12 : 14 }

  /// Bytes that protection adds to an RTP packet: the authentication tag.
  public var rtpTrailer: Int { tagLength }

  /// Bytes that protection adds to an RTCP packet: the tag and the word with the SRTCP index.
  public var rtcpTrailer: Int { tagLength + 4 }

  var isAEAD: Bool { self != .aes128CMSHA1_80 }
  var tagLength: Int { isAEAD ? 16 : 10 }
}

/// What DTLS agreed on for one direction (RFC 5764 section 4.2): session keys are derived from it.
public struct SRTPMasterKey: Hashable, Sendable {
  /// How packets are protected.
  public var profile: SRTPProfile
  /// The key, `profile.keyLength` bytes.
  public var key: Redacted<[UInt8]>
  /// The salt, `profile.saltLength` bytes.
  public var salt: Redacted<[UInt8]>

  /// Joins the parts; the lengths must be the profile's.
  public init(profile: SRTPProfile, key: [UInt8], salt: [UInt8]) {
    precondition(key.count == profile.keyLength && salt.count == profile.saltLength)
    self.profile = profile
    self.key = Redacted(key)
    self.salt = Redacted(salt)
  }
}
