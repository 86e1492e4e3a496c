import CCodecs
import Primitives

/// Makes Opus (RFC 6716) of samples, by libopus, with the settings of a call.
public final class SoundEncoder {
  /// By how many samples the decoded sound is late for the encoder's sake.
  public let lookahead: Int
  private let encoder: OpaquePointer

  /// Opens an encoder; throws where libopus refuses the bitrate.
  public init(bitrate: Bitrate) throws(CodecError) {
    var code: Int32 = 0
    guard
      let encoder = opus_encoder_create(
        Int32(SoundFormat.rate), 1, OPUS_APPLICATION_VOIP, &code)
    else { throw .opus(code) }
    do {
      try requireSuccess(
        codecs_opus_set_bitrate(encoder, Int32(clamping: bitrate.bitsPerSecond)))
      lookahead = try requireSuccess(codecs_opus_lookahead(encoder))
    } catch {
      opus_encoder_destroy(encoder)
      throw error
    }
    self.encoder = encoder
  }

  deinit { opus_encoder_destroy(encoder) }

  /// Encodes the next 960 samples into one packet.
  public func encode(_ samples: ArraySlice<Int16>) throws(CodecError) -> [UInt8] {
    guard samples.count == SoundFormat.packetSamples else { throw .opus(OPUS_BAD_ARG) }
    var packet = [UInt8](repeating: 0, count: Self.largestPacket)
    let result = samples.withUnsafeBufferPointer { samples in
      guard let start = samples.baseAddress else { return OPUS_BAD_ARG }
      return opus_encode(
        encoder, start, Int32(samples.count), &packet, Int32(Self.largestPacket))
    }
    packet.removeLast(Self.largestPacket - (try requireSuccess(result)))
    return packet
  }

  /// RFC 6716 section 3.4: a frame has at most 1,275 bytes, and there is one byte before it.
  private static let largestPacket = 1_276
}
