import MediaKit

extension PictureDecoder {
  /// The picture of one frame.
  func picture(_ frame: [UInt8]) throws -> Picture {
    var picture = Picture(width: 0, height: 0)
    try decode(frame.span.bytes, into: &picture)
    return picture
  }
}

extension SoundDecoder {
  /// The samples of one packet.
  func samples(_ packet: [UInt8]) throws -> [Int16] {
    Array(try decode(packet.span.bytes))
  }
}

extension TestPicture {
  /// The picture of a stamp.
  static func picture(_ stamp: TestStamp, width: Int, height: Int) -> Picture {
    var picture = Picture(width: width, height: height)
    draw(stamp, into: &picture)
    return picture
  }
}
