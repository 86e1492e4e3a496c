import Primitives
import Testing

@testable import MediaKit

@Suite struct PictureCodecTests {
  private static let settings = PictureEncoder.Settings(
    width: 320, height: 180, framesPerSecond: 15, bitrate: .kilobitsPerSecond(300))

  private func frames(
    _ count: Int, _ settings: PictureEncoder.Settings = settings
  ) throws -> [EncodedPicture] {
    let encoder = try PictureEncoder(settings)
    return try (0..<UInt32(count)).map { number in
      try encoder.encode(
        TestPicture.picture(
          TestStamp(identity: 5, number: number), width: settings.width,
          height: settings.height))
    }
  }

  /// How good the picture of a number has arrived.
  private func psnr(_ picture: Picture, _ number: UInt32) -> Double? {
    picture.psnr(
      against: TestPicture.picture(
        TestStamp(identity: 5, number: number), width: picture.width, height: picture.height))
  }

  @Test func picturesArriveWellAndOnlyTheFirstIsAKeyFrame() throws {
    let decoder = try PictureDecoder()
    for (number, frame) in try frames(10).enumerated() {
      #expect(frame.isKeyFrame == (number == 0))
      let quality = try #require(psnr(try decoder.picture(frame.bytes), UInt32(number)))
      #expect(quality > 34 && quality < 60)
    }
  }

  @Test func aKeyFrameComesOnDemand() throws {
    let encoder = try PictureEncoder(Self.settings)
    let picture = TestPicture.picture(
      TestStamp(identity: 5, number: 0), width: 320, height: 180)
    for wanted in [true, false, true, true, false] {
      #expect(try encoder.encode(picture, asKeyFrame: wanted).isKeyFrame == wanted)
    }
  }

  @Test func oddSidesAreKept() throws {
    let odd = PictureEncoder.Settings(
      width: 161, height: 91, framesPerSecond: 15, bitrate: .kilobitsPerSecond(300))
    let decoder = try PictureDecoder()
    for (number, frame) in try frames(3, odd).enumerated() {
      let picture = try decoder.picture(frame.bytes)
      #expect(picture.width == 161 && picture.height == 91)
      #expect(try #require(psnr(picture, UInt32(number))) > 34)
      #expect(picture.bytes.suffix(picture.chromaCount * 2).allSatisfy { (60...200).contains($0) })
    }
  }

  @Test func bytesBehindAFrameChangeNothing() throws {
    var random = RandomSource(seed: 4)
    let (clean, marked) = (try PictureDecoder(), try PictureDecoder())
    for frame in try frames(20) {
      let picture = try marked.picture(frame.bytes + random.bytes(24))
      #expect(try clean.picture(frame.bytes) == picture)
    }
  }

  @Test func aDamagedFrameIsAnErrorOrAWorsePicture() throws {
    let frames = try frames(6)
    var worse = 0
    for seed in UInt64(0)..<20 {
      var random = RandomSource(seed: seed)
      let decoder = try PictureDecoder()
      for frame in frames.prefix(5) { _ = try decoder.picture(frame.bytes) }
      var bytes = frames[5].bytes
      for index in (bytes.count / 3)..<bytes.count { bytes[index] = random.bytes(1)[0] }
      guard let picture = try? decoder.picture(bytes) else { continue }
      let stamp = TestPicture.read(picture)
      #expect(stamp == nil || stamp == TestStamp(identity: 5, number: 5))
      #expect(try #require(psnr(picture, 5)) < 34)
      worse += 1
    }
    #expect(worse > 0)
  }

  @Test func aPictureWithoutItsReferenceIsWorse() throws {
    let frames = try frames(10)
    let decoder = try PictureDecoder()
    for frame in frames[..<4] { _ = try decoder.picture(frame.bytes) }
    #expect(try #require(psnr(try decoder.picture(frames[8].bytes), 8)) < 30)
  }

  @Test func whatIsNoFrameIsRefusedAndTheNextKeyFrameIsSound() throws {
    let frames = try frames(2)
    let decoder = try PictureDecoder()
    #expect(throws: CodecError.noOutput) { try decoder.picture([]) }
    #expect(throws: CodecError.self, "no key frame yet") { try decoder.picture(frames[1].bytes) }
    var random = RandomSource(seed: 9)
    for count in 1..<200 { _ = try? decoder.picture(random.bytes(count)) }
    for count in stride(from: 1, to: frames[0].bytes.count, by: 97) {
      _ = try? decoder.picture(Array(frames[0].bytes.prefix(count)))
    }
    #expect(try #require(psnr(try decoder.picture(frames[0].bytes), 0)) > 30)
    #expect(try #require(psnr(try decoder.picture(frames[1].bytes), 1)) > 30)
  }

  @Test func aPictureIsLeftAloneWhereThereIsNoneToPutIntoIt() throws {
    let frames = try frames(2).map(\.bytes)
    let (first, second) = (frames[0], frames[1])
    var picture = Picture(width: 2, height: 2)
    let decoder = try PictureDecoder()
    try? decoder.decode(second.span.bytes, into: &picture)
    #expect(picture == Picture(width: 2, height: 2))
    try decoder.decode(first.span.bytes, into: &picture)
    #expect(TestPicture.read(picture) == TestStamp(identity: 5, number: 0))
  }

  @Test func settingsAndPicturesThatDoNotFitAreRefused() throws {
    for (width, height, rate) in [(0, 180, 15), (320, 16_384, 15), (320, 180, 0)] {
      #expect(throws: CodecError.self) {
        try PictureEncoder(
          PictureEncoder.Settings(
            width: width, height: height, framesPerSecond: rate,
            bitrate: .kilobitsPerSecond(300)))
      }
    }
    let encoder = try PictureEncoder(Self.settings)
    #expect(throws: CodecError.self) { try encoder.encode(Picture(width: 180, height: 320)) }
  }

  @Test func errorsSpeak() {
    #expect(CodecError.vpx(8).description == "Invalid parameter")
    #expect(CodecError.opus(-4).description == "corrupted stream")
    #expect(CodecError.noOutput.description == "no output")
  }
}
