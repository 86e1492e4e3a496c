import Primitives

/// The datagrams that a worker wants sent, one behind the other in one slab, gathered per
/// destination.
///
/// Most of a datagram's cost lies in its way through the kernel, and datagrams of one length to
/// one destination can share it (UDP_SEGMENT). So each destination has an open *message*, which
/// later datagrams join: as many of one length as there are, and behind them one shorter one. The
/// order within a stream is kept; the streams of a destination may overtake each other.
///
/// The worker fills it, the driver hands it to the socket and clears it, whenever `wantsFlush` says
/// so and at the end of each turn. What finds no room all the same is lost, as the network may
/// lose it.
public struct OutgoingBatch: ~Copyable {
  private let place = InPlace()
  /// Datagrams to one destination, as many bytes each as the first but for the last.
  public struct Message: Sendable {
    /// Where they go.
    public internal(set) var address: NetworkAddress
    /// Bytes in each but the last, which may have fewer.
    public internal(set) var segmentBytes: Int
    /// How many there are.
    public internal(set) var segments = 1
    /// Bytes in all of them.
    public internal(set) var bytes: Int
    /// How many pieces of memory they stand in.
    public internal(set) var pieces = 1
    /// The first and the last piece of those of full length; one and the same where they stand
    /// side by side.
    var first: Int
    var last: Int
    /// The piece with the shorter one, or -1.
    var tail = -1
  }

  /// Names a message of a batch; worth nothing once the batch has been cleared.
  struct MessageReference {
    var batch: UInt64 = 0
    var index = 0
  }

  /// Bytes in the slab that are sent together. (Not private: the compiler, 6.3, fails to emit what
  /// destroys a batch, where that is in another file.)
  struct Piece {
    var offset: Int
    var length: Int
    /// The piece that follows in its message, or -1.
    var next = -1
  }

  /// Room that is given for a datagram.
  public static let longestDatagram = PacketPool.slotSize
  /// Bytes that one message may hold: the longest UDP payload, less the headers of either family.
  private static let messageBytes = 65_000
  /// Datagrams that the kernel takes in one message.
  private static let messageSegments = 64
  /// From so many bytes on the driver flushes: what a processor's own cache holds. The rest of the
  /// slab is for what one datagram, or one deadline, can cause.
  private static let flushBytes = 256 * 1_024

  /// How many messages fit.
  public let capacity: Int
  /// Datagrams that were added since the batch was made.
  public private(set) var appended: UInt64 = 0
  /// Datagrams that found no room since the batch was made.
  public private(set) var overflowed: UInt64 = 0
  /// Whether the driver must flush before it gives the worker more to do.
  public var wantsFlush: Bool { used >= Self.flushBytes || messages.count >= capacity / 2 }
  /// Whether there is nothing to send.
  public var isEmpty: Bool { messages.count == 0 }

  private let memory: NearMemory
  private var slab: UnsafeMutableRawPointer { memory.start }
  private var used = 0
  private var number: UInt64 = 1
  private var messages: BoundedArray<Message>
  private var pieces: BoundedArray<Piece>

  /// Reserves the slab.
  public init(capacity: Int = Limits.batchMessages, bytes: Int = Limits.batchBytes) {
    self.capacity = capacity
    memory = NearMemory(bytes: bytes)
    messages = BoundedArray(capacity: capacity)
    pieces = BoundedArray(capacity: 4 * capacity)
  }

  // MARK: What the worker does

  /// Room for the next datagram (`longestDatagram` bytes), or nil where there is none. `commit`
  /// makes it part of the batch; until then, opening again gives the same room.
  mutating func open() -> UnsafeMutableRawBufferPointer? {
    guard used + Self.longestDatagram <= memory.count, !messages.isFull, !pieces.isFull else {
      overflowed += 1
      return nil
    }
    return opened
  }

  /// The room that `open` gave last.
  var opened: UnsafeMutableRawBufferPointer {
    precondition(used + Self.longestDatagram <= memory.count, "no room was opened")
    return UnsafeMutableRawBufferPointer(start: slab + used, count: Self.longestDatagram)
  }

  /// Makes the room that was opened last a datagram of `length` bytes. Where it is media, it joins
  /// the destination's open message if it can; `message` becomes the one that it is in.
  mutating func commit(
    length: Int, to address: NetworkAddress, joining message: inout MessageReference
  ) {
    let isJoined =
      message.batch == number && messages[message.index].address == address
      && join(message.index, length: length)
    if !isJoined {
      message = MessageReference(batch: number, index: messages.count)
      add(length: length, to: address)
    }
    used += length
    appended += 1
  }

  /// Adds a datagram of at most `longestDatagram` bytes, a message of its own, by copying it.
  mutating func append(_ datagram: [UInt8], to address: NetworkAddress) {
    precondition(datagram.count <= Self.longestDatagram, "a datagram longer than its room")
    guard let room = open() else { return }
    room.copyBytes(from: datagram)
    add(length: datagram.count, to: address)
    used += datagram.count
    appended += 1
  }

  private mutating func add(length: Int, to address: NetworkAddress) {
    precondition(length > 0 && length <= Self.longestDatagram)
    let piece = pieces.count
    pieces.append(Piece(offset: used, length: length))
    messages.append(
      Message(address: address, segmentBytes: length, bytes: length, first: piece, last: piece))
  }

  /// Puts the datagram at the end of the slab into a message; false where it does not fit there.
  private mutating func join(_ index: Int, length: Int) -> Bool {
    let message = messages[index]
    guard message.segments < Self.messageSegments, !pieces.isFull,
      message.bytes + length <= Self.messageBytes
    else { return false }
    if length == message.segmentBytes {
      guard !isOvertaking(message) else { return false }
      append(length: length, behind: index)
    } else if length < message.segmentBytes {
      guard message.tail < 0 else { return false }
      messages[index].tail = pieces.count
      messages[index].pieces += 1
      pieces.append(Piece(offset: used, length: length))
    } else {
      // The longer one goes first, in front of the only one so far.
      guard message.segments == 1, ssrc(at: pieces[message.first].offset) != ssrc(at: used) else {
        return false
      }
      let piece = pieces.count
      pieces.append(Piece(offset: used, length: length))
      messages[index].tail = message.first
      messages[index].first = piece
      messages[index].last = piece
      messages[index].segmentBytes = length
      messages[index].pieces += 1
    }
    messages[index].segments += 1
    messages[index].bytes += length
    return true
  }

  private mutating func append(length: Int, behind index: Int) {
    let last = messages[index].last
    if pieces[last].offset + pieces[last].length == used {
      pieces[last].length += length
      return
    }
    pieces[last].next = pieces.count
    messages[index].pieces += 1
    messages[index].last = pieces.count
    pieces.append(Piece(offset: used, length: length))
  }

  /// Whether the datagram at the end of the slab would overtake an earlier one of its stream.
  private func isOvertaking(_ message: Message) -> Bool {
    message.tail >= 0 && ssrc(at: pieces[message.tail].offset) == ssrc(at: used)
  }

  /// The SSRC of an RTP packet (RFC 3550 section 5.1), which SRTP leaves in clear.
  private func ssrc(at offset: Int) -> UInt32 {
    (slab + offset).loadUnaligned(fromByteOffset: 8, as: UInt32.self)
  }

  // MARK: What the driver does

  /// How many messages there are.
  public var count: Int { messages.count }

  /// The message at `index`, below `count`.
  public subscript(index: Int) -> Message { messages[index] }

  /// Gives out the bytes of a message, in the order in which they are sent; good until the batch
  /// is filled again.
  public func forEachPiece(of message: Message, _ body: (UnsafeRawBufferPointer) -> Void) {
    var index = message.first
    while index >= 0 {
      body(UnsafeRawBufferPointer(start: slab + pieces[index].offset, count: pieces[index].length))
      index = pieces[index].next
    }
    guard message.tail >= 0 else { return }
    let tail = pieces[message.tail]
    body(UnsafeRawBufferPointer(start: slab + tail.offset, count: tail.length))
  }

  /// Gives out each datagram by itself, as it goes over the wire.
  public func forEachDatagram(_ body: (UnsafeRawBufferPointer, NetworkAddress) -> Void) {
    for index in 0..<messages.count {
      let message = messages[index]
      forEachPiece(of: message) { piece in
        var rest = piece[...]
        while !rest.isEmpty {
          let datagram = rest.prefix(message.segmentBytes)
          body(UnsafeRawBufferPointer(rebasing: datagram), message.address)
          rest = rest.dropFirst(datagram.count)
        }
      }
    }
  }

  /// Forgets what was sent.
  public mutating func clear() {
    messages.removeAll()
    pieces.removeAll()
    used = 0
    number += 1
  }
}
