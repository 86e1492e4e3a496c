import Primitives

/// Who streams belong to (SDES, RFC 3550 section 6.5): of the items only the canonical name.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                             SSRC                              |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |   item type   |    length     |  text; items; zeros to a word |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct SourceDescription: Equatable, Sendable {
  /// What is said of one stream.
  public struct Chunk: Equatable, Sendable {
    /// The stream.
    public var ssrc: UInt32
    /// The canonical name (CNAME), the same for all streams of one clock; 255 bytes at most.
    public var cname: String?

    /// Joins the parts.
    public init(ssrc: UInt32, cname: String?) {
      self.ssrc = ssrc
      self.cname = cname
    }
  }

  /// The streams, at most 31.
  public var chunks: [Chunk]

  private static let cnameItem: UInt8 = 1

  /// Wraps the chunks.
  public init(chunks: [Chunk]) { self.chunks = chunks }

  init(body: RawSpan, count: Int) throws(WireError) {
    chunks = []
    var offset = 0
    for _ in 0..<count {
      chunks.append(try Self.parseChunk(body, at: &offset))
    }
  }

  private static func parseChunk(
    _ body: RawSpan, at offset: inout Int
  ) throws(WireError) -> Chunk {
    guard body.byteCount - offset >= 4 else { throw .truncated }
    var chunk = Chunk(ssrc: body.uint32(at: offset), cname: nil)
    offset += 4
    while true {
      guard offset < body.byteCount else { throw .truncated }
      let item = body[offset]
      if item == 0 { break }
      guard offset + 2 <= body.byteCount else { throw .truncated }
      let text = offset + 2..<offset + 2 + Int(body[offset + 1])
      guard text.upperBound <= body.byteCount else { throw .truncated }
      if item == cnameItem {
        chunk.cname = String(decoding: body.extracting(text).copied(), as: UTF8.self)
      }
      offset = text.upperBound
    }
    // The zero that ends the items, and those that fill up the word it stands in.
    offset = (offset / 4 + 1) * 4
    guard offset <= body.byteCount else { throw .truncated }
    return chunk
  }

  func write(to writer: inout ByteWriter) {
    for chunk in chunks {
      writer.write(chunk.ssrc)
      if let cname = chunk.cname {
        let text = shortText(cname)
        writer.write(Self.cnameItem)
        writer.write(UInt8(text.count))
        writer.write(text)
      }
      writer.write(UInt8(0))
      writer.pad(to: 4)
    }
  }
}

/// Streams that end (BYE, RFC 3550 section 6.6): their SSRCs, then perhaps a length and a reason.
public struct Goodbye: Equatable, Sendable {
  /// The streams, at most 31.
  public var ssrcs: [UInt32]
  /// Why, for people; 255 bytes at most.
  public var reason: String?

  /// Joins the parts.
  public init(ssrcs: [UInt32], reason: String? = nil) {
    self.ssrcs = ssrcs
    self.reason = reason
  }

  init(body: RawSpan, count: Int) throws(WireError) {
    guard body.byteCount >= 4 * count else { throw .truncated }
    ssrcs = (0..<count).map { body.uint32(at: 4 * $0) }
    let offset = 4 * count
    guard body.byteCount > offset else { return }
    let text = offset + 1..<offset + 1 + Int(body[offset])
    guard text.upperBound <= body.byteCount else { throw .truncated }
    reason = String(decoding: body.extracting(text).copied(), as: UTF8.self)
  }

  func write(to writer: inout ByteWriter) {
    for ssrc in ssrcs { writer.write(ssrc) }
    guard let text = reason.map(shortText) else { return }
    writer.write(UInt8(text.count))
    writer.write(text)
  }
}

/// The bytes of a text that has one byte for its length: whole characters only, so that what is
/// read back is what was written.
private func shortText(_ text: String) -> [UInt8] {
  var text = text
  while text.utf8.count > 255 { text.unicodeScalars.removeLast() }
  return Array(text.utf8)
}
