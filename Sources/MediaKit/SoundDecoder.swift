import CCodecs

/// Makes samples of Opus (RFC 6716), by libopus: one channel at 48 kHz.
public final class SoundDecoder {
  private let decoder: OpaquePointer
  private var samples = [Int16](repeating: 0, count: SoundDecoder.mostSamples)

  /// Opens a decoder.
  public init() throws(CodecError) {
    var code: Int32 = 0
    guard let decoder = opus_decoder_create(Int32(SoundFormat.rate), 1, &code) else {
      throw .opus(code)
    }
    self.decoder = decoder
  }

  deinit { opus_decoder_destroy(decoder) }

  /// Decodes the next packet: the samples that it plays, 120 ms at most.
  public func decode(_ packet: RawSpan) throws(CodecError) -> ArraySlice<Int16> {
    // libopus would take no bytes for a lost packet.
    guard packet.byteCount > 0 else { throw .opus(OPUS_INVALID_PACKET) }
    let result = packet.withUnsafeBytes { bytes in
      opus_decode(
        decoder, bytes.bindMemory(to: UInt8.self).baseAddress, Int32(clamping: bytes.count),
        &samples, Int32(Self.mostSamples), 0)
    }
    return samples.prefix(try requireSuccess(result))
  }

  /// What libopus plays instead of a lost packet of 20 ms.
  public func conceal() throws(CodecError) -> ArraySlice<Int16> {
    let count = Int32(SoundFormat.packetSamples)
    return samples.prefix(
      try requireSuccess(opus_decode(decoder, nil, 0, &samples, count, 0)))
  }

  /// RFC 6716 section 3.4: a packet plays 120 ms at most.
  private static let mostSamples = 5_760
}
