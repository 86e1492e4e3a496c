import Primitives
import Testing
import Wire

/// A packet with an extension block of `profile` that holds `elements`, a whole number of words.
private func packet(profile: UInt16, _ elements: [UInt8]) -> [UInt8] {
  precondition(elements.count % 4 == 0)
  return [0x90, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]
    + [UInt8(profile >> 8), UInt8(profile & 0xFF), 0, UInt8(elements.count / 4)] + elements
    + [0xEE, 0xEE]
}

private func find(_ id: UInt8, in packet: [UInt8]) throws -> [UInt8]? {
  try parse(packet).findExtension(id: id, in: packet.span.bytes).map { Array(packet[$0]) }
}

@Suite struct RTPExtensionTests {
  @Test func oneByteElementsAreFoundBetweenPadding() throws {
    let bytes = packet(
      profile: 0xBEDE, [0x10, 0xA1, 0, 0, 0x32, 1, 2, 3, 0, 0xE0, 0x7F, 0])
    #expect(try find(1, in: bytes) == [0xA1])
    #expect(try find(3, in: bytes) == [1, 2, 3])
    #expect(try find(14, in: bytes) == [0x7F])
    #expect(try find(2, in: bytes) == nil)
    #expect(try find(0, in: bytes) == nil)
  }

  @Test func twoByteElementsAreFoundBetweenPaddingAndMayBeEmpty() throws {
    for profile: UInt16 in [0x1000, 0x1003, 0x100F] {
      let bytes = packet(profile: profile, [1, 0, 0, 15, 2, 7, 8, 0, 200, 1, 9, 0])
      #expect(try find(1, in: bytes) == [])
      #expect(try find(15, in: bytes) == [7, 8])
      #expect(try find(200, in: bytes) == [9])
      #expect(try find(2, in: bytes) == nil)
      #expect(try find(0, in: bytes) == nil)
    }
  }

  @Test func anotherProfileHoldsNoElements() throws {
    let bytes = packet(profile: 0xABCD, [0x10, 0xA1, 0, 0])
    for id in 0...UInt8.max { #expect(try find(id, in: bytes) == nil) }
  }

  @Test func idFifteenAndIdZeroWithALengthEndTheSearch_S13() throws {
    for stop: UInt8 in [0xF0, 0xF3, 0x01, 0x0F] {
      let bytes = packet(profile: 0xBEDE, [0x10, 0xA1, stop, 0x20, 0x20, 0xB2, 0x20, 0xB2])
      #expect(try find(1, in: bytes) == [0xA1])
      #expect(try find(2, in: bytes) == nil)
      #expect(try find(15, in: bytes) == nil)
    }
  }

  @Test func everyBlockOfUpToFourBytesStaysWithinItself_S13() throws {
    let interesting: [UInt8] = [
      0, 1, 2, 3, 4, 0x0F, 0x10, 0x11, 0x12, 0x13, 0x1F, 0x20, 0xF0, 0xFF,
    ]
    for profile: UInt16 in [0xBEDE, 0x1000] {
      for first in 0...UInt8.max {
        for second in interesting {
          for third in interesting {
            for fourth in interesting {
              let bytes = packet(profile: profile, [first, second, third, fourth])
              let header = try parse(bytes)
              for id: UInt8 in [1, 2, 14, 15] {
                guard let element = header.findExtension(id: id, in: bytes.span.bytes) else {
                  continue
                }
                guard element.lowerBound > 16, element.upperBound <= 20 else {
                  Issue.record("id \(id) of \(bytes[16..<20]) is at \(element)")
                  return
                }
              }
            }
          }
        }
      }
    }
  }

  @Test func whatTheWriterWritesIsFound() throws {
    var bytes = [UInt8](repeating: 0xFF, count: 64)
    let source: [UInt8] = [5, 6, 7, 8]
    let length = edit(&bytes) { packet in
      RTPHeader(payloadType: 96, sequenceNumber: 1, timestamp: 2, ssrc: 3).write(to: &packet)
      var writer = HeaderExtensionWriter()
      writer.append(id: 1, UInt8(0x81), to: &packet)
      writer.append(id: 0, UInt8(0x99), to: &packet)
      writer.append(id: 15, UInt8(0x99), to: &packet)
      writer.append(id: 2, UInt16(0xABCD), to: &packet)
      writer.append(id: 3, uint24: 0xFF01_0203, to: &packet)
      writer.append(id: 4, copying: 1..<3, of: source.span.bytes, to: &packet)
      writer.append(id: 5, copying: 1..<1, of: source.span.bytes, to: &packet)
      return writer.finish(&packet)
    }
    #expect(length == 12 + 4 + 12)
    #expect(try parse(Array(bytes[..<length])).headerLength == length)
    #expect(try find(1, in: bytes) == [0x81])
    #expect(try find(2, in: bytes) == [0xAB, 0xCD])
    #expect(try find(3, in: bytes) == [1, 2, 3])
    #expect(try find(4, in: bytes) == [6, 7])
    #expect(try find(5, in: bytes) == nil)
    #expect(bytes[length] == 0xFF)
  }

  @Test func aBlockWithoutElementsIsNotWritten() throws {
    var bytes = [UInt8](repeating: 0xFF, count: 16)
    let length = edit(&bytes) { packet in
      RTPHeader(payloadType: 96, sequenceNumber: 1, timestamp: 2, ssrc: 3).write(to: &packet)
      var writer = HeaderExtensionWriter()
      writer.append(id: 0, UInt8(1), to: &packet)
      return writer.finish(&packet)
    }
    #expect(length == 12)
    #expect(try parse(bytes).headerLength == 12)
    #expect(bytes[12...] == [0xFF, 0xFF, 0xFF, 0xFF])
  }

  @Test func theAudioLevelIsReadInBothForms() throws {
    let short = packet(profile: 0xBEDE, [0x10, 0x80 | 30, 0, 0])
    let long = packet(profile: 0x1000, [1, 2, 127, 0])
    let empty = packet(profile: 0x1000, [1, 0, 0, 0])
    func level(_ bytes: [UInt8]) throws -> AudioLevel? {
      AudioLevel(id: 1, header: try parse(bytes), in: bytes.span.bytes)
    }
    #expect(try level(short) == AudioLevel(isVoice: true, attenuation: 30))
    #expect(try level(long) == AudioLevel(isVoice: false, attenuation: 127))
    #expect(try level(empty) == nil)
    for byte in 0...UInt8.max { #expect(AudioLevel(byte: byte).byte == byte) }
  }
}
