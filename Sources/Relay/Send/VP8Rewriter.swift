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

  /// Switches to the source whose first packet has this descriptor.
  mutating func start(at descriptor: VP8Descriptor) {
    if let pictureID = descriptor.pictureID, let lastPictureID {
      pictureOffset = lastPictureID &+ 1 &- pictureID.value
    }
    if let index = descriptor.tl0PicIdx, let lastBaseLayerIndex {
      baseLayerOffset = lastBaseLayerIndex &+ 1 &- index.value
    }
  }

  /// The descriptor to send: the same bytes in length, other numbers in them.
  mutating func rewrite(_ descriptor: VP8Descriptor) -> VP8Descriptor {
    var result = descriptor
    if let pictureID = descriptor.pictureID {
      let value = (pictureID.value &+ pictureOffset) & pictureID.mask
      result.pictureID?.value = value
      if isNewer(value, than: lastPictureID, mask: pictureID.mask) { lastPictureID = value }
    }
    if let index = descriptor.tl0PicIdx {
      let value = index.value &+ baseLayerOffset
      result.tl0PicIdx?.value = value
      if lastBaseLayerIndex.map({ Int8(bitPattern: value &- $0) > 0 }) ?? true {
        lastBaseLayerIndex = value
      }
    }
    return result
  }

  private func isNewer(_ value: UInt16, than last: UInt16?, mask: UInt16) -> Bool {
    guard let last else { return true }
    let ahead = (value &- last) & mask
    return ahead != 0 && ahead <= mask / 2
  }
}
