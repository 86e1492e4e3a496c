import Primitives

/// Puts a WebSocket message together from the pieces that it arrives in (RFC 6455 section 5.4).
struct MessageAssembler {
  /// What has become of a piece.
  enum Outcome: Equatable {
    case incomplete
    case complete([UInt8])
    /// The message would be longer than allowed; what was held of it is gone.
    case tooLong
    /// The message comes in more frames than allowed; what was held of it is gone.
    case tooManyFrames
  }

  /// What a piece is the end of.
  enum End {
    case nothing, frame, message
  }

  private var held: [UInt8] = []
  private var frames = 0

  /// Bytes of the message that is not complete yet.
  var heldBytes: Int { held.count }

  /// Takes in the next piece of a message of at most `limit` bytes. Frames are counted, as those
  /// of no bytes could go on for ever.
  mutating func append(
    _ piece: UnsafeRawBufferPointer, ending end: End, limit: Int
  ) -> Outcome {
    guard piece.count <= limit - held.count else {
      self = MessageAssembler()
      return .tooLong
    }
    held += piece
    if end == .frame { frames += 1 }
    guard frames < Limits.framesPerMessage else {
      self = MessageAssembler()
      return .tooManyFrames
    }
    guard end == .message else { return .incomplete }
    defer { self = MessageAssembler() }
    return .complete(held)
  }
}

/// Cuts a stream of bytes into lines, each ended by a line feed; a carriage return before it is
/// cut off, and empty lines are skipped.
struct LineSplitter {
  private var held: [UInt8] = []

  /// Bytes of the line that is not complete yet.
  var heldBytes: Int { held.count }

  /// Takes in the next bytes and gives the lines that are complete now, or nil where a line is
  /// longer than `limit`: then nothing more can be read from this stream.
  mutating func append(_ bytes: UnsafeRawBufferPointer, limit: Int) -> [[UInt8]]? {
    var lines: [[UInt8]] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 0x0A) {
      guard held.count + (end - rest.startIndex) <= limit else { return nil }
      held += rest[..<end]
      if held.last == 0x0D { held.removeLast() }
      if !held.isEmpty { lines.append(held) }
      held = []
      rest = rest[(end + 1)...]
    }
    guard held.count + rest.count <= limit else { return nil }
    held += rest
    return lines
  }
}

/// Messages that wait for a connection to be writable, with a cap on their bytes.
struct OutboundQueue {
  private var messages: [String] = []
  private var first = 0

  /// Bytes of all waiting messages.
  private(set) var bytes = 0
  /// Whether nothing waits.
  var isEmpty: Bool { first == messages.count }

  /// Appends a message; false, and nothing changed, where more than `limit` bytes would wait.
  mutating func append(_ message: String, limit: Int) -> Bool {
    guard message.utf8.count <= limit - bytes else { return false }
    messages.append(message)
    bytes += message.utf8.count
    return true
  }

  /// Takes the oldest message.
  mutating func popFirst() -> String? {
    guard first < messages.count else { return nil }
    let message = messages[first]
    messages[first] = ""
    first += 1
    bytes -= message.utf8.count
    if first == messages.count { removeAll() }
    return message
  }

  /// Forgets everything, and gives its memory back.
  mutating func removeAll() {
    messages = []
    first = 0
    bytes = 0
  }
}

/// What comes on a WebSocket beside its messages, by the kernel's count of bytes. Control frames
/// are among it, which the library answers without a word.
struct OverheadCount {
  private var messageBytes = 0
  private var seen: Int?

  /// So many bytes of messages have come.
  mutating func note(messageBytes count: Int) { messageBytes += count }

  /// How many bytes beside messages have come since the last look, where so many have come in all.
  mutating func take(read: Int) -> Int {
    let overhead = read - messageBytes
    defer { seen = overhead }
    return overhead - (seen ?? overhead)
  }
}
