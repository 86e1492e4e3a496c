import Primitives
import Testing

@testable import MediaKit

@Suite struct TestPictureTests {
  private static let stamps = [
    TestStamp(identity: 0, number: 0), TestStamp(identity: 1, number: 1),
    TestStamp(identity: .max, number: .max), TestStamp(identity: 0x8000, number: 0x8000_0001),
  ]

  private func random(_ source: inout RandomSource) -> TestStamp {
    TestStamp(
      identity: .random(in: 0...(.max), using: &source),
      number: .random(in: 0...(.max), using: &source))
  }

  @Test(arguments: [(128, 40), (160, 90), (161, 91), (320, 180), (360, 640), (640, 480)])
  func whatIsDrawnIsRead(width: Int, height: Int) {
    for stamp in Self.stamps {
      let picture = TestPicture.picture(stamp, width: width, height: height)
      #expect(TestPicture.read(picture) == stamp)
    }
  }

  @Test func theSameStampGivesTheSamePictureAndAnotherOneAnother() {
    let stamp = TestStamp(identity: 3, number: 9)
    let picture = TestPicture.picture(stamp, width: 160, height: 90)
    var reused = TestPicture.picture(Self.stamps[2], width: 160, height: 90)
    #expect(reused != picture)
    TestPicture.draw(stamp, into: &reused)
    #expect(reused == picture)
  }

  @Test func aPictureThatIsTooSmallHasNoStamp() {
    for (width, height) in [(0, 0), (1, 1), (127, 40), (128, 39)] {
      let picture = TestPicture.picture(Self.stamps[1], width: width, height: height)
      #expect(TestPicture.read(picture) == nil)
    }
  }

  @Test func whatIsNoTestPictureHasNoStamp() {
    var source = RandomSource(seed: 1)
    var picture = Picture(width: 160, height: 90)
    for value in stride(from: UInt8.min, through: .max, by: 15) {
      picture.bytes = [UInt8](repeating: value, count: picture.bytes.count)
      #expect(TestPicture.read(picture) == nil)
    }
    let bars = BarCode(width: 160, height: 90)
    for _ in 0..<50 {
      picture.bytes = source.bytes(picture.bytes.count)
      #expect(TestPicture.read(picture) == nil)
      // Clear blocks of a stamp that never was.
      var words = InlineArray<5, UInt16>(repeating: 0)
      for row in 0..<5 { words[row] = .random(in: 0...(.max), using: &source) }
      bars?.draw(words, into: &picture)
      #expect(TestPicture.read(picture) == nil)
    }
  }

  @Test func aMixtureOfTwoPicturesHasNoStamp() {
    let stamps = [TestStamp(identity: 1, number: 1), TestStamp(identity: 1, number: 2)]
    let pictures = stamps.map { TestPicture.picture($0, width: 160, height: 90) }
    var read: [TestStamp?] = []
    for row in 0..<90 {
      var mixture = pictures[0]
      mixture.bytes.replaceSubrange(..<(row * 160), with: pictures[1].bytes[..<(row * 160)])
      read.append(TestPicture.read(mixture))
    }
    let border = read.firstIndex(of: nil) ?? 0
    let end = read.lastIndex(of: nil) ?? 0
    #expect(end - border > 12)
    #expect(read[..<border].allSatisfy { $0 == stamps[0] })
    #expect(read[border...end].allSatisfy { $0 == nil })
    #expect(read[(end + 1)...].allSatisfy { $0 == stamps[1] })
  }

  @Test func noBlockMayBeInDoubt() {
    var picture = TestPicture.picture(Self.stamps[1], width: 160, height: 90)
    // The middle of the identity's first block, 8 wide.
    for row in 16..<24 {
      for column in 16..<24 { picture.bytes[row * 160 + column] = 128 }
    }
    #expect(TestPicture.read(picture) == nil)
  }

  /// Numbers that follow each other, as in a loop, and ones that have nothing in common.
  @Test(arguments: [(160, 90, 60), (320, 180, 100), (320, 180, 200), (640, 360, 200)])
  func aStampOutlivesALowBitrate(width: Int, height: Int, rate: Int) throws {
    var source = RandomSource(seed: UInt64(width + rate))
    let stamps =
      (0..<15).map { TestStamp(identity: 700, number: 99_990 + UInt32($0)) }
      + (0..<10).map { _ in random(&source) }
    let encoder = try PictureEncoder(
      PictureEncoder.Settings(
        width: width, height: height, framesPerSecond: 15, bitrate: .kilobitsPerSecond(rate)))
    let decoder = try PictureDecoder()
    for stamp in stamps {
      let picture = TestPicture.picture(stamp, width: width, height: height)
      let decoded = try decoder.picture(try encoder.encode(picture).bytes)
      #expect(TestPicture.read(decoded) == stamp)
    }
  }
}
