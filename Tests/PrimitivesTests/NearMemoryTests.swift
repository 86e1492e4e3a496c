import Testing

@testable import Primitives

/// Memory for many small things, side by side in large pages.
struct NearMemoryTests {
  @Test func beginsWithACacheLineAndIsNobodyElses() {
    // More than a large page holds.
    var pieces: [Piece] = []
    for number in 0..<70 {
      let memory = NearMemory(bytes: 32_700)
      #expect(UInt(bitPattern: memory.start) % 64 == 0)
      memory.start.initializeMemory(as: UInt8.self, repeating: UInt8(number), count: 32_700)
      pieces.append(Piece(memory))
    }
    for (number, piece) in pieces.enumerated() {
      let bytes = UnsafeRawBufferPointer(start: piece.memory.start, count: piece.memory.count)
      #expect(bytes.allSatisfy { $0 == UInt8(number) })
    }
  }

  @Test func whatIsGivenBackIsTakenAgain() {
    var places: Set<UInt> = []
    for _ in 0..<1_000 { places.insert(UInt(bitPattern: NearMemory(bytes: 1_024).start)) }
    // Other tests take and give meanwhile.
    #expect(places.count < 100)
  }

  @Test func moreSizesThanAreKeptApartAreTheHeaps() {
    var pieces: [Piece] = []
    for size in 1...20 {
      let memory = NearMemory(bytes: size * 4_096)
      #expect(UInt(bitPattern: memory.start) % 64 == 0)
      memory.start.initializeMemory(
        as: UInt8.self, repeating: UInt8(size), count: size * 4_096)
      pieces.append(Piece(memory))
    }
    for (index, piece) in pieces.enumerated() {
      let bytes = UnsafeRawBufferPointer(start: piece.memory.start, count: piece.memory.count)
      #expect(bytes.allSatisfy { $0 == UInt8(index + 1) })
    }
  }

  @Test func threadsShareIt() async {
    await withTaskGroup(of: Bool.self) { group in
      for number in 0..<8 {
        group.addTask {
          for _ in 0..<500 {
            let memory = NearMemory(bytes: 1_024)
            let bytes = memory.start.initializeMemory(
              as: UInt8.self, repeating: UInt8(number), count: 1_024)
            guard (0..<1_024).allSatisfy({ bytes[$0] == UInt8(number) }) else { return false }
          }
          return true
        }
      }
      for await isWhole in group { #expect(isWhole) }
    }
  }

  /// Arrays hold nothing noncopyable yet.
  private final class Piece {
    let memory: NearMemory

    init(_ memory: consuming NearMemory) { self.memory = memory }
  }
}
