import Wire

/// Lets the picture ids and TL0PICIDX of VP8 run on across switches of source (W10, W11; RFC 7741
/// section 4.2).
///
/// Between two switches the output is the input plus a constant, modulo the field's width.
struct VP8Rewriter {
  private var pictureOffset: UInt16 = 0
  private var baseLayerOffset: UInt8 = 0
  private var lastPictureID: UInt16?
  private var lastBaseLayerIndex: UInt8?

  /// Starts with what the first source has.
  init() {}

  /// Whether descriptors go out as they came, as those of a stream's first source do.
  var changesNothing: Bool { pictureOffset == 0 && baseLayerOffset == 0 }

  /// Switches to the source whose first packet has this descriptor.
  mutating func start(at descriptor: VP8Descriptor) {
    if let pictureID = descriptor.pictureID, let lastPictureID {
      pictureOffset = lastPictureID &+ 1 &- pictureID.value
    }
    if let index = descriptor.tl0PicIdx, let lastBaseLayerIndex {
      baseLayerOffset = lastBaseLayerIndex &+ 1 &- index.value
    }
  }

  /// Writes the numbers to send over those in `packet`, whose payload starts at `start` with the
  /// descriptor. Answers with them, 0 for one that the descriptor does not have.
  mutating func rewrite(
    _ descriptor: borrowing VP8Descriptor, in packet: inout MutableRawSpan, payloadAt start: Int
  ) -> (pictureID: UInt16, baseLayerIndex: UInt8) {
    var written: (pictureID: UInt16, baseLayerIndex: UInt8) = (0, 0)
    if let pictureID = descriptor.pictureID {
      let value = (pictureID.value &+ pictureOffset) & pictureID.mask
      written.pictureID = value
      pictureID.write(value, to: &packet, payloadAt: start)
      if isNewer(value, than: lastPictureID, mask: pictureID.mask) { lastPictureID = value }
    }
    if let index = descriptor.tl0PicIdx {
      let value = index.value &+ baseLayerOffset
      written.baseLayerIndex = value
      index.write(value, to: &packet, payloadAt: start)
      if lastBaseLayerIndex.map({ Int8(bitPattern: value &- $0) > 0 }) ?? true {
        lastBaseLayerIndex = value
      }
    }
    return written
  }

  private func isNewer(_ value: UInt16, than last: UInt16?, mask: UInt16) -> Bool {
    guard let last else { return true }
    let ahead = (value &- last) & mask
    return ahead != 0 && ahead <= mask / 2
  }
}
