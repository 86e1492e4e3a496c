import Primitives
import Testing

/// Counts how often it is destroyed.
private struct Tracked: ~Copyable {
  let deaths: Counter
  deinit { deaths.count += 1 }
}

private final class Counter {
  var count = 0
}

@Suite struct SlotTableTests {
  @Test func aStaleHandleNeverReachesThePlacesNextOccupant() throws {
    var table = SlotTable<Int>(capacity: 2)
    let inserted = table.insert(1)
    let first = try #require(inserted)
    let removed = table.remove(first)
    let reused = table.insert(2)
    let second = try #require(reused)
    let (stillThere, removedTwice, value) = (
      table.contains(first), table.remove(first), table[second]
    )
    #expect(removed)
    #expect(second.index == first.index)
    #expect(!stillThere)
    #expect(!removedTwice)
    #expect(value == 2)
  }

  @Test func aFullTableRefuses() {
    var table = SlotTable<Int>(capacity: 2)
    let accepted = (1...3).map { table.insert($0) != nil }
    let count = table.count
    #expect(accepted == [true, true, false])
    #expect(count == 2)
  }

  @Test func elementsAreDestroyedOnceEach() {
    let deaths = Counter()
    do {
      var table = SlotTable<Tracked>(capacity: 1)
      let handle = table.insert(Tracked(deaths: deaths))
      let refused = table.insert(Tracked(deaths: deaths))
      #expect(handle != nil)
      #expect(refused == nil)
      #expect(deaths.count == 1)
    }
    #expect(deaths.count == 2)
  }

  @Test func walkingFindsExactlyTheOccupants() {
    var table = SlotTable<Int>(capacity: 4)
    var handles: [Handle?] = []
    for value in 0..<4 { handles.append(table.insert(value)) }
    if let second = handles[1] { table.remove(second) }
    var found: [Int] = []
    for index in 0..<table.capacity {
      if let handle = table.handle(at: index) { found.append(table[handle]) }
    }
    #expect(found == [0, 2, 3])
  }
}

@Suite struct PacketPoolTests {
  @Test func aPacketIsReadableUntilItsSlotIsTakenAgain() {
    var pool = PacketPool(capacity: 4)
    let first = pool.advance()
    pool.slot(first)[0] = 7
    for _ in 0..<3 { _ = pool.advance() }
    let (before, value) = (pool.isLive(first), pool.slot(first)[0])
    _ = pool.advance()
    let (after, none) = (pool.isLive(first), pool.isLive(.none))
    #expect(before)
    #expect(value == 7)
    #expect(!after)
    #expect(!none)
  }

  @Test func slotsDoNotOverlap() {
    var pool = PacketPool(capacity: 8)
    var references: [PacketReference] = []
    for _ in 0..<8 { references.append(pool.advance()) }
    for (value, reference) in references.enumerated() {
      pool.slot(reference).initializeMemory(as: UInt8.self, repeating: UInt8(value))
    }
    for (value, reference) in references.enumerated() {
      let slot = pool.slot(reference)
      #expect(slot.allSatisfy { $0 == UInt8(value) })
    }
  }
}

@Suite struct RingTests {
  @Test func elementsComeOutInOrderAndAFullRingRefuses() {
    let ring = Ring<Int>(capacity: 4)
    for value in 0..<4 { #expect(ring.push(value)) }
    #expect(!ring.push(4))
    #expect(ring.count == 4)
    #expect((0..<5).map { _ in ring.pop() } == [0, 1, 2, 3, nil])
  }

  @Test func nothingIsLostOrReorderedBetweenTwoTasks() async {
    let ring = Ring<Int>(capacity: 64)
    let total = 20_000
    async let sum: Bool = Task.detached {
      var expected = 0
      while expected < total {
        guard let value = ring.pop() else {
          await Task.yield()
          continue
        }
        if value != expected { return false }
        expected += 1
      }
      return true
    }.value
    await Task.detached {
      var next = 0
      while next < total {
        if ring.push(next) { next += 1 } else { await Task.yield() }
      }
    }.value
    #expect(await sum)
  }
}

@Suite struct DeadlineQueueTests {
  @Test func theEarliestComesFirstWhateverHappensBefore() {
    let seed: UInt64 = 11
    var random = RandomSource(seed: seed)
    var queue = DeadlineQueue(capacity: 32)
    var model: [Int: Instant] = [:]
    for _ in 0..<5_000 {
      let holder = Int.random(in: 0..<32, using: &random)
      let deadline = Instant(nanoseconds: Int64.random(in: 0..<1_000, using: &random))
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        queue.set(holder, to: nil)
        model[holder] = nil
      case 1:
        queue.lower(holder, to: deadline)
        model[holder] = min(model[holder] ?? .distantFuture, deadline)
      default:
        queue.set(holder, to: deadline)
        model[holder] = deadline
      }
      #expect(queue.earliest?.deadline == model.values.min(), "seed \(seed)")
      if let first = queue.earliest { #expect(model[first.holder] == first.deadline) }
    }
  }
}

@Suite struct PacketRingTests {
  @Test func packetsComeOutInOrderWithTheirLabelsAndAFullRingRefuses() {
    let ring = PacketRing<Int>(capacity: 4)
    for round in 0..<3 {
      for number in 0..<4 {
        #expect(push(Array(repeating: UInt8(number), count: number * 500), number, to: ring))
      }
      #expect(!push([1], 9, to: ring), "round \(round)")
      #expect(ring.count == 4)
      for number in 0..<4 {
        let packet = pop(from: ring)
        #expect(packet?.label == number)
        #expect(packet?.bytes == Array(repeating: UInt8(number), count: number * 500))
      }
      #expect(pop(from: ring) == nil)
    }
  }

  @Test func whatIsNotTakenStays() {
    let ring = PacketRing<Int>(capacity: 2)
    _ = push([1, 2, 3], 7, to: ring)
    var isPopped = ring.pop { _, _ in false }
    #expect(!isPopped)
    #expect(pop(from: ring)?.bytes == [1, 2, 3])
    isPopped = ring.pop { _, _ in true }
    #expect(!isPopped, "there is none")
  }

  @Test func twoThreadsHandOverEveryPacketWhole() async {
    let ring = PacketRing<Int>(capacity: 64)
    let count = 20_000
    async let produced: Void = Task.detached {
      var sent = 0
      while sent < count {
        let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: sent), count: 1 + sent % 1_400)
        if push(bytes, sent, to: ring) { sent += 1 } else { await Task.yield() }
      }
    }.value
    var expected = 0
    var wrong = 0
    while expected < count {
      guard let packet = pop(from: ring) else {
        await Task.yield()
        continue
      }
      let value = UInt8(truncatingIfNeeded: expected)
      let isWhole = packet.bytes == [UInt8](repeating: value, count: 1 + expected % 1_400)
      if packet.label != expected || !isWhole { wrong += 1 }
      expected += 1
    }
    await produced
    #expect(wrong == 0)
  }
}

private func push(_ bytes: [UInt8], _ label: Int, to ring: PacketRing<Int>) -> Bool {
  bytes.withUnsafeBytes { ring.push(label, $0) }
}

private func pop(from ring: PacketRing<Int>) -> (label: Int, bytes: [UInt8])? {
  var packet: (label: Int, bytes: [UInt8])?
  _ = ring.pop { label, bytes in
    packet = (label, Array(bytes))
    return true
  }
  return packet
}
