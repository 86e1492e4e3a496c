import PeerClient
import Primitives
import Wire

extension ModelClient {
  func enter(now: Instant) {
    guard wantsCall, place == .out else { return negotiateIfNeeded(now: now) }
    if person.role == .staff { request("call.start") }
    request("call.join")
  }

  func negotiateIfNeeded(now: Instant) {
    guard place != .out, media == nil else { return }
    var configuration = PeerClient.Configuration(publisher: identity)
    configuration.personSeats = person.seats
    configuration.frameInterval = .milliseconds(100)
    configuration.packetsPerFrame = 2
    var client = PeerClient(
      configuration: configuration, certificate: certificate, random: random.fork())
    let offer = client.makeOffer()
    media = consume client
    request(
      "media.negotiate",
      [
        "offer": .string(offer.sdp),
        "tracks": .array(
          offer.tracks.map { ["mid": .string($0.mid), "source": .string($0.source.rawValue)] }),
        "seats": .array(
          offer.seats.map { seat in
            .compact([
              "kind": .string(seat.kind.rawValue), "audio_mid": seat.audioMID.map(JSON.string),
              "video_mid": seat.videoMID.map(JSON.string),
            ])
          }),
      ])
    publishAsAllowed(now: now)
  }

  func applyAnswer(_ result: JSON, now: Instant) {
    let numbered = (result["seats"]?.array ?? []).compactMap { seat -> OfferedSeat? in
      guard let kind = seat["kind"]?.string.flatMap(SeatKind.init(rawValue:)) else { return nil }
      return OfferedSeat(
        kind: kind, audioMID: seat["audio_mid"]?.string, videoMID: seat["video_mid"]?.string,
        number: seat["seat"]?.integer.map { Int($0) })
    }
    do {
      try media?.apply(answer: result["answer"]?.string ?? "", seats: numbered, now: now)
    } catch {
      outputs.append(.fault("the answer does not apply: \(error)"))
    }
    publishAsAllowed(now: now)
    drainMedia()
  }

  /// In the lobby no sender holds a track, unless the person does not care for the rules.
  func publishAsAllowed(now: Instant) {
    var sources: Set<MediaSource> = []
    if place == .call || person.isRude {
      if microphone { sources.insert(.microphone) }
      if camera { sources.insert(.camera) }
    }
    media?.setPublishing(sources, now: now)
  }

  func dropMedia() {
    media = nil
    seats = [:]
  }

  /// When `handleDeadline` wants to be called.
  var nextDeadline: Instant? {
    switch media {
    case .some(let media): media.nextDeadline
    case nil: nil
    }
  }

  func handleDeadline(now: Instant) {
    media?.handleDeadline(now: now)
    drainMedia()
  }

  func receive(_ datagram: [UInt8], from address: NetworkAddress, now: Instant) {
    media?.receive(datagram.span.bytes, from: address, now: now)
    drainMedia()
  }

  func drainMedia() {
    while let output = media?.poll() {
      switch output {
      case .transmit(let datagram, let address): outputs.append(.transmit(datagram, to: address))
      case .frame(let frame):
        let name = seats[frame.seat]?.present(rtpTimestamp: frame.rtpTimestamp)
        outputs.append(.shown(publisher: frame.mark.publisher, under: name ?? nil))
      case .sound(let sound): outputs.append(.heard(publisher: sound.mark.publisher))
      case .closed: dropMedia()
      case .connected, .silent, .heard: break
      }
    }
  }
}
