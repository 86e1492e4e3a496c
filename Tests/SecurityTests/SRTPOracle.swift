import CSecurity
import Security

/// libsrtp2 with one key in one direction: what our own transform is compared with.
final class SRTPOracle {
  enum Direction {
    case sending
    case receiving
  }

  private static let isReady = srtp_init() == srtp_err_status_ok

  private let session: srtp_t

  /// Nil if the library does not take the key.
  init?(_ key: SRTPMasterKey, _ direction: Direction) {
    guard Self.isReady else { return nil }
    var policy = srtp_policy_t()
    switch key.profile {
    case .aes128CMSHA1_80:
      srtp_crypto_policy_set_rtp_default(&policy.rtp)
      srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
    case .aeadAES128GCM:
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp)
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp)
    case .aeadAES256GCM:
      srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp)
      srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp)
    }
    policy.ssrc.type = direction == .sending ? ssrc_any_outbound : ssrc_any_inbound
    policy.window_size = 1_024
    var material = key.key.value + key.salt.value
    var made: srtp_t?
    let status = material.withUnsafeMutableBufferPointer { bytes in
      policy.key = bytes.baseAddress
      return srtp_create(&made, &policy)
    }
    guard status == srtp_err_status_ok, let made else { return nil }
    session = made
  }

  deinit { srtp_dealloc(session) }

  func protect(_ packet: [UInt8]) -> [UInt8]? { run(packet) { srtp_protect(session, $0, $1) } }
  func unprotect(_ packet: [UInt8]) -> [UInt8]? { run(packet) { srtp_unprotect(session, $0, $1) } }
  func protectRTCP(_ packet: [UInt8]) -> [UInt8]? {
    run(packet) { srtp_protect_rtcp(session, $0, $1) }
  }
  func unprotectRTCP(_ packet: [UInt8]) -> [UInt8]? {
    run(packet) { srtp_unprotect_rtcp(session, $0, $1) }
  }

  private func run(
    _ packet: [UInt8],
    _ change: (UnsafeMutableRawPointer?, UnsafeMutablePointer<CInt>) -> srtp_err_status_t
  ) -> [UInt8]? {
    // The library wants words, and room for its longest trailer.
    var words = [UInt32](repeating: 0, count: (packet.count + 3) / 4 + 64)
    var length = CInt(packet.count)
    return words.withUnsafeMutableBytes { buffer in
      buffer.copyBytes(from: packet)
      guard change(buffer.baseAddress, &length) == srtp_err_status_ok else { return nil }
      return Array(buffer.prefix(Int(length)))
    }
  }
}
