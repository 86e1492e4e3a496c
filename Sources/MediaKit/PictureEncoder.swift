import CCodecs
import Primitives

/// A picture as VP8 (RFC 6386).
public struct EncodedPicture: Hashable, Sendable {
  /// One whole frame.
  public var bytes: [UInt8]
  /// Whether it can be decoded without any before it.
  public var isKeyFrame: Bool
}

/// Makes VP8 of pictures, by libvpx, with the settings of a call: one frame for each picture, at
/// once, at a constant bitrate, and a key frame only first and on demand.
public final class PictureEncoder {
  /// What is chosen once for a stream.
  public struct Settings: Hashable, Sendable {
    /// Columns of every picture, 1...16,383.
    public var width: Int
    /// Rows of every picture, 1...16,383.
    public var height: Int
    /// Pictures a second.
    public var framesPerSecond: Int
    /// The rate to aim at.
    public var bitrate: Bitrate

    /// Joins the four.
    public init(width: Int, height: Int, framesPerSecond: Int, bitrate: Bitrate) {
      self.width = width
      self.height = height
      self.framesPerSecond = framesPerSecond
      self.bitrate = bitrate
    }
  }

  /// What was chosen.
  public let settings: Settings
  private let context: UnsafeMutablePointer<vpx_codec_ctx_t>
  private var count: vpx_codec_pts_t = 0

  /// Opens an encoder; throws where libvpx refuses the settings.
  public init(_ settings: Settings) throws(CodecError) {
    let context = UnsafeMutablePointer<vpx_codec_ctx_t>.allocate(capacity: 1)
    context.initialize(to: vpx_codec_ctx_t())
    do {
      try Self.open(context, settings)
    } catch {
      context.deallocate()
      throw error
    }
    self.settings = settings
    self.context = context
  }

  deinit {
    vpx_codec_destroy(context)
    context.deallocate()
  }

  /// Encodes the next picture, which must have the size of the settings.
  public func encode(
    _ picture: Picture, asKeyFrame: Bool = false
  ) throws(CodecError) -> EncodedPicture {
    guard picture.width == settings.width, picture.height == settings.height else {
      throw .vpx(VPX_CODEC_INVALID_PARAM.rawValue)
    }
    let flags = asKeyFrame ? codecs_vpx_force_key_frame : 0
    let result = picture.withImage {
      vpx_codec_encode(context, $0, count, 1, flags, codecs_vpx_realtime)
    }
    count += 1
    try requireSuccess(result)
    var iterator: vpx_codec_iter_t?
    while let packet = vpx_codec_get_cx_data(context, &iterator) {
      guard packet.pointee.kind == VPX_CODEC_CX_FRAME_PKT else { continue }
      let frame = packet.pointee.data.frame
      return EncodedPicture(
        bytes: Array(UnsafeRawBufferPointer(start: frame.buf, count: frame.sz)),
        isKeyFrame: frame.flags & vpx_codec_frame_flags_t(VPX_FRAME_IS_KEY) != 0)
    }
    throw .noOutput
  }

  private static func open(
    _ context: UnsafeMutablePointer<vpx_codec_ctx_t>, _ settings: Settings
  ) throws(CodecError) {
    let codec = vpx_codec_vp8_cx()
    var configuration = vpx_codec_enc_cfg_t()
    try requireSuccess(vpx_codec_enc_config_default(codec, &configuration, 0))
    configuration.apply(settings)
    try requireSuccess(
      vpx_codec_enc_init_ver(context, codec, &configuration, 0, codecs_vpx_encoder_version))
    do {
      try requireSuccess(codecs_vp8_set_speed(context, -6))
      try requireSuccess(codecs_vp8_set_key_frame_bound(context, 600))
    } catch {
      vpx_codec_destroy(context)
      throw error
    }
  }
}

extension vpx_codec_enc_cfg_t {
  /// What suits a call: no frame waits for later ones, and none is dropped.
  fileprivate mutating func apply(_ settings: PictureEncoder.Settings) {
    g_w = UInt32(clamping: settings.width)
    g_h = UInt32(clamping: settings.height)
    g_timebase.num = 1
    g_timebase.den = Int32(clamping: settings.framesPerSecond)
    g_threads = 1
    g_lag_in_frames = 0
    g_error_resilient = 0
    rc_end_usage = VPX_CBR
    rc_target_bitrate = UInt32(clamping: settings.bitrate.bitsPerSecond / 1_000)
    rc_dropframe_thresh = 0
    rc_min_quantizer = 2
    rc_max_quantizer = 56
    rc_undershoot_pct = 100
    rc_overshoot_pct = 15
    // In milliseconds of the bitrate.
    rc_buf_initial_sz = 500
    rc_buf_optimal_sz = 600
    rc_buf_sz = 1_000
    kf_mode = VPX_KF_DISABLED
  }
}

extension Picture {
  /// Calls `body` with the picture as libvpx sees one; it may only read.
  fileprivate func withImage(
    _ body: (UnsafePointer<vpx_image_t>) -> vpx_codec_err_t
  ) -> vpx_codec_err_t {
    bytes.withUnsafeBufferPointer { buffer in
      var image = vpx_image_t()
      let start = UnsafeMutablePointer(mutating: buffer.baseAddress)
      vpx_img_wrap(&image, VPX_IMG_FMT_I420, UInt32(width), UInt32(height), 1, start)
      // Set again, because libvpx rounds odd sides up.
      image.planes.0 = start
      image.planes.1 = start?.advanced(by: lumaCount)
      image.planes.2 = start?.advanced(by: lumaCount + chromaCount)
      image.stride = (Int32(width), Int32(chromaWidth), Int32(chromaWidth), 0)
      return body(&image)
    }
  }
}
