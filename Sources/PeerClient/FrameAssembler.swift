import Primitives
import Wire

/// Puts a video stream's packets together again, and gives out the frames that a decoder could
/// show: in order, each complete, none whose reference is missing.
///
/// A key frame refers to nothing, so that one that is complete is given out though earlier frames
/// are not; they are skipped then.
struct FrameAssembler {
  /// One packet.
  struct Fragment {
    var timestamp: UInt32
    var marker: Bool
    /// Nil in a packet of padding alone.
    var descriptor: VP8Descriptor?
    var mark: MediaMark?
    /// What a decoder gets; empty where nobody decodes.
    var payload: [UInt8] = []

    var isKeyFrameStart: Bool { descriptor?.isKeyFrameStart ?? false }
  }

  /// A complete frame.
  struct Frame {
    var timestamp: UInt32
    var isKeyFrame: Bool
    var mark: MediaMark?
    /// The encoded frame, the mark behind it included; empty where nobody decodes.
    var payload: [UInt8]
    /// The picture id does not follow that of the frame before.
    var isDiscontinuous: Bool
    /// Whether all of its packets say that they belong to the same picture.
    var isConsistent: Bool
  }

  /// Nothing can be decoded until a key frame comes.
  var needsKeyFrame = true
  /// The first packet that has not been given out or skipped; nil before the first frame.
  private(set) var next: UInt64?
  private var fragments: [UInt64: Fragment] = [:]
  private var lastPictureID: UInt16?

  /// Takes a packet; false where it is a duplicate or comes too late.
  mutating func insert(_ fragment: Fragment, at index: UInt64) -> Bool {
    guard index >= next ?? 0, fragments[index] == nil else { return false }
    if fragments.count >= Limits.historyPackets {
      fragments = [:]
      needsKeyFrame = true
    }
    fragments[index] = fragment
    return true
  }

  /// The next frame that can be decoded.
  mutating func takeFrame() -> Frame? {
    while let start = next, let fragment = fragments[start] {
      guard fragment.descriptor != nil else {
        discard(before: start + 1)
        continue
      }
      guard let end = completeFrame(from: start) else { break }
      if !needsKeyFrame || fragment.isKeyFrameStart { return take(start..<end) }
      discard(before: end)
    }
    return takeKeyFrame()
  }

  /// The first complete key frame; all before it is skipped.
  private mutating func takeKeyFrame() -> Frame? {
    for start in fragments.filter({ $0.value.isKeyFrameStart }).keys.sorted() {
      guard let end = completeFrame(from: start) else { continue }
      lastPictureID = nil
      return take(start..<end)
    }
    return nil
  }

  /// The end of the frame that starts at a packet, where all of it is there.
  private func completeFrame(from start: UInt64) -> UInt64? {
    guard let first = fragments[start], first.descriptor?.isFrameStart == true else { return nil }
    var index = start
    while let fragment = fragments[index], fragment.timestamp == first.timestamp {
      if fragment.marker { return index + 1 }
      index += 1
    }
    return nil
  }

  private mutating func take(_ range: Range<UInt64>) -> Frame? {
    guard let first = fragments[range.lowerBound] else { return nil }
    let pictureID = first.descriptor?.pictureID
    let isFollowing =
      if let last = lastPictureID, let pictureID {
        pictureID.value == (last + 1) & pictureID.mask
      } else {
        true
      }
    // Prepared media has its mark in the last packet alone.
    let mark = first.mark ?? fragments[range.upperBound - 1]?.mark
    let isConsistent = range.allSatisfy { index in
      guard let other = fragments[index] else { return false }
      return (other.mark?.number ?? mark?.number) == mark?.number
        && (other.mark?.publisher ?? mark?.publisher) == mark?.publisher
        && other.descriptor?.pictureID?.value == pictureID?.value
    }
    let payload = range.flatMap { fragments[$0]?.payload ?? [] }
    lastPictureID = pictureID?.value
    needsKeyFrame = false
    discard(before: range.upperBound)
    return Frame(
      timestamp: first.timestamp, isKeyFrame: first.isKeyFrameStart, mark: mark,
      payload: payload, isDiscontinuous: !isFollowing,
      isConsistent: isConsistent && range.count == Int(mark?.packets ?? 1))
  }

  private mutating func discard(before end: UInt64) {
    fragments = fragments.filter { $0.key >= end }
    next = end
  }
}
