import Testing

@testable import MediaKit

@Suite struct PictureTests {
  @Test func aNewPictureIsBlack() {
    let picture = Picture(width: 5, height: 3)
    #expect(picture.bytes == [UInt8](repeating: 16, count: 15) + [UInt8](repeating: 128, count: 12))
  }

  @Test func thePSNRIsThatOfTheLumaAlone() throws {
    let picture = Picture(width: 16, height: 8)
    var other = picture
    other.bytes[picture.lumaCount] = 0
    #expect(picture.psnr(against: other) == .infinity)
    for index in 0..<picture.lumaCount { other.bytes[index] += 1 }
    #expect(abs(try #require(picture.psnr(against: other)) - 48.1308) < 0.001)
    for index in 0..<picture.lumaCount { other.bytes[index] += 9 }
    #expect(abs(try #require(picture.psnr(against: other)) - 28.1308) < 0.001)
  }

  @Test func picturesOfDifferentSizeAreNotCompared() {
    #expect(Picture(width: 16, height: 8).psnr(against: Picture(width: 8, height: 16)) == nil)
    #expect(Picture(width: 0, height: 0).psnr(against: Picture(width: 0, height: 0)) == nil)
  }
}
