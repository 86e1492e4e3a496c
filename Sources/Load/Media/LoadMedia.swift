import MediaKit
import PeerClient
import Primitives
import Wire

/// The media of a run: encoded once by the real codecs, and sent by many.
///
/// Those who can meet in a room send different loops, as far as these reach, each with an identity
/// that can be read from its decoded pictures and sounds.
public struct LoadMedia: Sendable {
  /// Loops of camera and microphone that are made at most.
  private static let identities = 8
  private static let framesPerSecond = 15
  private static let screenFramesPerSecond = 5
  /// The identity of all shared screens.
  private static let screenIdentity: UInt16 = 1_000

  private let loops: [[MediaSource: MediaLoop]]
  private let cameras: PictureEncoder.Settings
  private let screens: PictureEncoder.Settings

  /// Draws and encodes what a plan needs: a second or so. A sink needs nothing.
  public init(for plan: LoadPlan) throws(CodecError) {
    let isLarge = plan.rate > 500_000
    cameras = PictureEncoder.Settings(
      width: isLarge ? 640 : 320, height: isLarge ? 360 : 240,
      framesPerSecond: Self.framesPerSecond, bitrate: Bitrate(bitsPerSecond: Int64(plan.rate)))
    screens = PictureEncoder.Settings(
      width: 1_280, height: 720, framesPerSecond: Self.screenFramesPerSecond,
      bitrate: .kilobitsPerSecond(500))
    let screen =
      plan.publish.contains(.screen)
      ? MediaLoop(try PictureLoop(identity: Self.screenIdentity, settings: screens)) : nil
    var loops: [[MediaSource: MediaLoop]] = []
    for index in 0..<(plan.usesSink ? 0 : min(plan.participants, Self.identities)) {
      var own: [MediaSource: MediaLoop] = [:]
      if plan.publish.contains(.camera) {
        own[.camera] = MediaLoop(try PictureLoop(identity: UInt16(index), settings: cameras))
      }
      if plan.publish.contains(.microphone) {
        own[.microphone] = MediaLoop(try SoundLoop(identity: UInt16(index)))
      }
      own[.screen] = screen
      loops.append(own)
    }
    self.loops = loops
  }

  /// What somebody sends who has this place in a room.
  func loops(of place: Int) -> [MediaSource: MediaLoop] {
    loops.isEmpty ? [:] : loops[place % loops.count]
  }

  /// Whom their decoded media names.
  func identity(of place: Int, _ source: MediaSource) -> UInt16 {
    source == .screen ? Self.screenIdentity : UInt16(place % loops.count)
  }
}

extension MediaLoop {
  fileprivate convenience init(_ loop: PictureLoop) {
    self.init(
      pictures: loop.frames.map { ($0.bytes, $0.isKeyFrame) },
      interval: .seconds(1) / loop.settings.framesPerSecond)
  }

  fileprivate convenience init(_ loop: SoundLoop) {
    let room = [UInt8](repeating: 0, count: MediaMark.length)
    // An encoder's packet of one frame always has room for padding.
    let padded = loop.packets.compactMap { OpusPacket.padded($0, with: room) }
    precondition(padded.count == loop.packets.count, "an encoder made a packet of code 3")
    self.init(sounds: padded, interval: SoundFormat.packetDuration)
  }
}
