import Primitives
import Testing

@testable import MediaKit

@Suite struct PictureLoopTests {
  private static let loop = Result {
    try PictureLoop(
      identity: 77,
      settings: PictureEncoder.Settings(
        width: 320, height: 180, framesPerSecond: 10, bitrate: .kilobitsPerSecond(200)),
      duration: .milliseconds(2_500))
  }

  @Test func thereIsAKeyFrameEverySecond() throws {
    let loop = try Self.loop.get()
    #expect(loop.duration == .milliseconds(2_500))
    #expect(loop.frames.indices.filter { loop.frames[$0].isKeyFrame } == [0, 10, 20])
  }

  @Test func theNextKeyFrameIsFoundFromEverywhere() throws {
    let loop = try Self.loop.get()
    #expect(
      (0...26).map { loop.nextKeyFrame(from: $0) }
        == [0] + Array(repeating: 10, count: 10) + Array(repeating: 20, count: 10)
        + Array(repeating: 0, count: 6))
  }

  @Test func itKeepsToItsBitrate() throws {
    let loop = try Self.loop.get()
    let bits = 8 * loop.frames.reduce(0) { $0 + $1.bytes.count }
    #expect((150_000...230_000).contains(Double(bits) / loop.duration.seconds))
  }

  /// Round and round, with a jump to the next key frame from every place.
  @Test func everyFrameIsReadAndGoodWhereverOneJumps() throws {
    let loop = try Self.loop.get()
    let decoder = try PictureDecoder()
    var drawn: [Int: Picture] = [:]
    for jump in [0, 3, 9, 10, 17, 24] {
      var place = loop.nextKeyFrame(from: jump)
      for _ in 0..<13 {
        let picture = try decoder.picture(loop.frames[place].bytes)
        let stamp = try #require(TestPicture.read(picture))
        #expect(stamp == TestStamp(identity: 77, number: UInt32(place)))
        let original =
          drawn[place] ?? TestPicture.picture(stamp, width: picture.width, height: picture.height)
        drawn[place] = original
        #expect(try #require(picture.psnr(against: original)) > 32)
        place = (place + 1) % loop.frames.count
      }
    }
  }

  @Test func theShortestLoopIsOneKeyFrame() throws {
    let loop = try PictureLoop(
      identity: 1,
      settings: PictureEncoder.Settings(
        width: 160, height: 90, framesPerSecond: 30, bitrate: .kilobitsPerSecond(100)),
      duration: .zero)
    #expect(loop.frames.map(\.isKeyFrame) == [true])
    #expect(loop.nextKeyFrame(from: 1) == 0)
  }
}
