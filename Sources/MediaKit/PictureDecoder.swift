import CCodecs
import Primitives

/// Makes pictures of VP8 (RFC 6386), by libvpx.
///
/// Bytes behind the last partition of a frame are never looked at.
public final class PictureDecoder {
  private let context: UnsafeMutablePointer<vpx_codec_ctx_t>

  /// Opens a decoder, which waits for a key frame.
  public init() throws(CodecError) {
    let context = UnsafeMutablePointer<vpx_codec_ctx_t>.allocate(capacity: 1)
    context.initialize(to: vpx_codec_ctx_t())
    var configuration = vpx_codec_dec_cfg_t(threads: 1, w: 0, h: 0)
    let result = vpx_codec_dec_init_ver(
      context, vpx_codec_vp8_dx(), &configuration, 0, codecs_vpx_decoder_version)
    guard result == VPX_CODEC_OK else {
      context.deallocate()
      throw .vpx(result.rawValue)
    }
    self.context = context
  }

  deinit {
    vpx_codec_destroy(context)
    context.deallocate()
  }

  /// Decodes the next frame into `picture`, which takes on its size. Where it throws, the picture
  /// is what it was, and what follows is only sound from a key frame on.
  public func decode(_ frame: RawSpan, into picture: inout Picture) throws(CodecError) {
    // libvpx would take no bytes for a lost frame, and show the last one again.
    guard frame.byteCount > 0 else { throw .noOutput }
    try requireSuccess(
      frame.withUnsafeBytes { bytes in
        vpx_codec_decode(
          context, bytes.bindMemory(to: UInt8.self).baseAddress, UInt32(clamping: bytes.count),
          nil, 0)
      })
    var iterator: vpx_codec_iter_t?
    guard let image = vpx_codec_get_frame(context, &iterator) else { throw .noOutput }
    try picture.copy(image.pointee)
  }
}

extension Picture {
  /// Takes over what libvpx shows.
  fileprivate mutating func copy(_ image: vpx_image_t) throws(CodecError) {
    guard image.fmt == VPX_IMG_FMT_I420, let luma = image.planes.0, let cb = image.planes.1,
      let cr = image.planes.2
    else { throw .noOutput }
    resize(width: Int(image.d_w), height: Int(image.d_h))
    let (columns, rows) = (chromaWidth, chromaHeight)
    copy(luma, stride: image.stride.0, columns: width, rows: height, to: 0)
    copy(cb, stride: image.stride.1, columns: columns, rows: rows, to: lumaCount)
    copy(cr, stride: image.stride.2, columns: columns, rows: rows, to: lumaCount + chromaCount)
  }

  private mutating func copy(
    _ plane: UnsafePointer<UInt8>, stride: Int32, columns: Int, rows: Int, to offset: Int
  ) {
    bytes.withUnsafeMutableBufferPointer { buffer in
      for row in 0..<rows {
        let line = UnsafeBufferPointer(start: plane + row * Int(stride), count: columns)
        let start = offset + row * columns
        _ = buffer[start..<start + columns].update(fromContentsOf: line)
      }
    }
  }
}
