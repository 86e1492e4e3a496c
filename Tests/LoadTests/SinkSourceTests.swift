import PeerClient
import Primitives
import Testing
import Wire

@testable import Load

@Suite struct SinkSourceTests {
  private let slot = UnsafeMutableRawBufferPointer.allocate(byteCount: 1_500, alignment: 16)

  /// What one packet says, as a server and a receiver would read it.
  private struct Reading {
    var header: RTPHeader
    var headerLength: Int
    var descriptor: VP8Descriptor?
    var mark: MediaMark?
    var level: AudioLevel?
  }

  private func source(_ track: SinkTrack) -> SinkSource {
    var random = RandomSource(seed: 1)
    var source = SinkSource(track: track, random: &random)
    source.prepare(publisher: 7, payloadType: 100, audioLevelID: 1)
    source.setSending(from: .origin + .seconds(1))
    return source
  }

  private func read(_ source: inout SinkSource, place: Int, now: Instant) throws -> Reading {
    let (length, headerLength, index) = source.write(to: slot, place: place, now: now)
    let bytes = UnsafeRawBufferPointer(rebasing: slot[..<length]).bytes
    let header = try RTPHeader(parsing: bytes)
    #expect(header.sequenceNumber == UInt16(truncatingIfNeeded: index))
    var reading = Reading(header: header, headerLength: headerLength)
    if source.track.source.kind == .video {
      let descriptor = try VP8Descriptor(parsing: bytes, at: header.payloadRange)
      let skipped = descriptor.length + SinkSource.frameHeaderLength
      reading.descriptor = descriptor
      reading.mark = MediaMark(in: bytes, at: header.payloadRange.dropFirst(skipped))
    } else {
      reading.mark = MediaMark(in: bytes, at: header.payloadRange.dropFirst())
      reading.level = AudioLevel(id: 1, header: header, in: bytes)
    }
    return reading
  }

  @Test func aFrameIsOneThatServersUnderstand() throws {
    defer { slot.deallocate() }
    let now = Instant.origin + .milliseconds(1_003)
    var source = source(
      SinkTrack(source: .camera, rate: 100, payloadBytes: 1_100, packetsPerFrame: 4))
    let places = source.begin(now: now)
    #expect(places == 0..<4)
    let packets = try places.map { try read(&source, place: $0, now: now) }
    #expect(packets.map(\.header.marker) == [false, false, false, true])
    #expect(Set(packets.map(\.header.timestamp)).count == 1)
    #expect(packets.allSatisfy { $0.header.payloadType == 100 })
    #expect(packets.allSatisfy { $0.header.payloadRange.count == 1_100 })
    #expect(packets.map { $0.descriptor?.isFrameStart } == [true, false, false, false])
    #expect(packets[0].descriptor?.isKeyFrameStart == true)
    #expect(packets.allSatisfy { $0.mark?.publisher == 7 && $0.mark?.captured == now })
    #expect(source.nextDue == .origin + .milliseconds(1_040))
  }

  @Test func aPacedFrameGoesOutPacketByPacket() throws {
    defer { slot.deallocate() }
    var source = source(
      SinkTrack(
        source: .camera, rate: 100, payloadBytes: 1_100, packetsPerFrame: 4, isPaced: true))
    var markers: [Bool] = []
    var timestamps: Set<UInt32> = []
    for step in 0..<8 {
      let now = Instant.origin + .milliseconds(10) * step
      let places = source.begin(now: now)
      #expect(places == step % 4..<step % 4 + 1)
      let packet = try read(&source, place: places.lowerBound, now: now)
      #expect(packet.mark?.captured == now)
      markers.append(packet.header.marker)
      timestamps.insert(packet.header.timestamp)
    }
    #expect(markers == [false, false, false, true, false, false, false, true])
    #expect(timestamps.count == 2)
  }

  @Test func aKeyFrameComesAtFirstAndWhenItIsAskedFor() throws {
    defer { slot.deallocate() }
    var source = source(SinkTrack(source: .camera, rate: 100, payloadBytes: 1_100))
    var keyFrames: [Bool] = []
    for frame in 0..<4 {
      if frame == 2 { source.needsKeyFrame = true }
      _ = source.begin(now: .origin)
      let reading = try read(&source, place: 0, now: .origin)
      keyFrames.append(reading.descriptor?.isKeyFrameStart == true)
    }
    #expect(keyFrames == [true, false, true, false])
  }

  @Test func aSoundSaysHowLoudItIs() throws {
    defer { slot.deallocate() }
    var source = source(SinkTrack(source: .microphone, rate: 50, payloadBytes: 100))
    _ = source.begin(now: .origin)
    let first = try read(&source, place: 0, now: .origin)
    _ = source.begin(now: .origin + .milliseconds(20))
    let second = try read(&source, place: 0, now: .origin)
    #expect(first.level == AudioLevel(isVoice: true, attenuation: 30))
    #expect(first.mark?.source == .microphone)
    #expect(second.header.timestamp &- first.header.timestamp == 960)
    #expect(second.header.sequenceNumber &- first.header.sequenceNumber == 1)
  }
}
