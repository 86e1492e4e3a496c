import Primitives
import Testing
import Wire

private func describe(_ payload: [UInt8]) throws(WireError) -> VP8Descriptor {
  try VP8Descriptor(parsing: payload.span.bytes, at: 0..<payload.count)
}

/// Start of a partition with all fields, a 15-bit picture id, then the first byte of a key frame.
private let full: [UInt8] = [0x90, 0xF0, 0x92, 0x34, 0x56, 0xA7, 0x10]

@Suite struct VP8DescriptorTests {
  @Test func everyFieldIsRead() throws {
    let descriptor = try describe(full)
    #expect(descriptor.length == 6)
    #expect(descriptor.pictureID == .init(value: 0x1234, isLong: true, offset: 2))
    #expect(descriptor.tl0PicIdx == .init(value: 0x56, offset: 4))
    #expect(descriptor.temporalID == 2)
    #expect(descriptor.layerSync)
    #expect(descriptor.keyIndex == 7)
    #expect(descriptor.startOfPartition)
    #expect(descriptor.isFrameStart)
    #expect(descriptor.isKeyFrameStart)
    #expect(!descriptor.isNonReference)
  }

  @Test func theShortFormsAreRead() throws {
    let bare = try describe([0x10, 0x01])
    #expect(bare.length == 1)
    #expect(bare.pictureID == nil && bare.tl0PicIdx == nil && bare.temporalID == nil)
    #expect(bare.isFrameStart && !bare.isKeyFrameStart)

    let short = try describe([0xA0, 0x80, 0x7F, 0x00])
    #expect(short.pictureID == .init(value: 127, isLong: false, offset: 2))
    #expect(short.pictureID?.mask == 127)
    #expect(short.isNonReference)
    #expect(!short.isKeyFrameStart)

    let keyIndexAlone = try describe([0x80, 0x10, 0xFF, 0x00])
    #expect(keyIndexAlone.temporalID == nil)
    #expect(!keyIndexAlone.layerSync)
    #expect(keyIndexAlone.keyIndex == 31)
  }

  @Test func onlyTheFirstPartitionOfAnIntraFrameIsAKeyFrameStart() throws {
    #expect(try describe([0x10, 0x00]).isKeyFrameStart)
    #expect(try !describe([0x10, 0x01]).isKeyFrameStart)
    #expect(try !describe([0x00, 0x00]).isKeyFrameStart)
    #expect(try !describe([0x11, 0x00]).isKeyFrameStart)
  }

  @Test func aDescriptorShorterThanItSaysIsRefused_S14() {
    for length in 0..<full.count {
      #expect(throws: WireError.truncated) { try describe(Array(full.prefix(length))) }
    }
    #expect(throws: WireError.truncated) { try describe([0x80, 0x80, 0x80]) }
    #expect(throws: WireError.truncated) { try describe([0x80, 0x80, 0x80, 0x01]) }
  }

  @Test func theRangeAndNotTheBufferIsTheLimit_S14() {
    let bytes = [0xFF] + full + [0xFF, 0xFF]
    for end in 1...full.count {
      #expect(throws: WireError.truncated) {
        try VP8Descriptor(parsing: bytes.span.bytes, at: 1..<end)
      }
    }
  }

  @Test func patchingKeepsTheWidthOfThePictureID() throws {
    for (payload, id) in [(full, UInt16(0x7FFF)), ([0x90, 0xC0, 0x11, 0x22, 0x01], 0x7F)] {
      var descriptor = try describe(payload)
      descriptor.pictureID?.value = id
      descriptor.tl0PicIdx?.value = 0xFE
      var packet = [0xAA, 0xBB] + payload
      edit(&packet) { descriptor.patch(&$0, payloadAt: 2) }
      #expect(packet.prefix(2) == [0xAA, 0xBB])
      #expect(try describe(Array(packet[2...])) == descriptor)
    }
  }

  @Test func noPayloadOfUpToEightBytesLeadsOutOfIt_S14() {
    let seed: UInt64 = 7741
    var random = RandomSource(seed: seed)
    for round in 0..<10_000 {
      let payload = random.bytes(round % 9)
      guard let descriptor = try? describe(payload) else { continue }
      #expect(descriptor.length < payload.count, "seed \(seed)")
      #expect(Int(descriptor.pictureID?.offset ?? 0) < descriptor.length, "seed \(seed)")
      #expect(Int(descriptor.tl0PicIdx?.offset ?? 0) < descriptor.length, "seed \(seed)")
    }
  }
}
