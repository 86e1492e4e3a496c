import CCodecs

/// Why a codec could not do what it was asked to.
public enum CodecError: Error, Equatable {
  /// libvpx refused, with its `vpx_codec_err_t`.
  case vpx(UInt32)
  /// libopus refused, with its negative `OPUS_*` number.
  case opus(Int32)
  /// It took its input, and gave nothing: a frame that is not to be shown, for one.
  case noOutput
}

extension CodecError: CustomStringConvertible {
  /// The library's own words.
  public var description: String {
    switch self {
    case .vpx(let code):
      String(cString: vpx_codec_err_to_string(vpx_codec_err_t(code)))
    case .opus(let code): String(cString: opus_strerror(code))
    case .noOutput: "no output"
    }
  }
}

/// Turns libvpx's "0 is success" into a thrown error.
func requireSuccess(_ result: vpx_codec_err_t) throws(CodecError) {
  guard result == VPX_CODEC_OK else { throw .vpx(result.rawValue) }
}

/// Turns libopus's "negative is an error" into a thrown one, and gives out what is none.
@discardableResult
func requireSuccess(_ result: Int32) throws(CodecError) -> Int {
  guard result >= 0 else { throw .opus(result) }
  return Int(result)
}
