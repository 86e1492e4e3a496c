import Primitives

extension Measurement {
  private static let quantiles = [
    ("p50", "median", 0.5), ("p95", "p95", 0.95), ("p99", "p99", 0.99),
  ]

  private func times(
    _ section: String, _ key: String, _ label: String, _ histogram: Histogram
  ) -> [Figure] {
    Self.quantiles.map { name, words, part in
      Figure(
        section, "\(key)_\(name)_ms", "\(label), \(words)", .time(histogram.quantile(part)))
    }
  }

  /// How people came.
  var joining: [Figure] {
    let section = "joining"
    return [Figure(section, "joined", "people who got media up", .count(tally.joins.count))]
      + times(section, "join", "join", tally.joins)
      + times(section, "first_sound", "to the first sound", tally.firstSounds)
      + times(section, "first_picture", "to the first picture", tally.firstPictures)
      + [Figure(section, "resumes", "sessions resumed", .count(tally.resumes.count))]
      + times(section, "resume", "resuming", tally.resumes)
  }

  /// What they saw and heard.
  var media: [Figure] {
    let section = "media"
    let hours = max(tally.attendance.seconds, 1) / 3_600
    func hourly(_ count: UInt64) -> Figure.Value { .number(Double(count) / hours, unit: "/h") }
    return [
      Figure(section, "tracks_expected", "tracks expected", .count(UInt64(tally.tracksExpected))),
      Figure(section, "tracks_received", "tracks received", .count(UInt64(tally.tracksReceived))),
    ]
      + times(section, "sound_delay", "delay of sounds", tally.soundDelays)
      + times(section, "picture_delay", "delay of pictures", tally.pictureDelays)
      + times(section, "sound_jitter", "jitter of sound streams", tally.soundJitter)
      + times(section, "picture_jitter", "jitter of picture streams", tally.pictureJitter)
      + [
        Figure(section, "freezes", "freezes", .count(tally.freezes.count)),
        Figure(section, "frozen_ms", "frozen in all", .time(tally.frozen)),
        Figure(section, "freeze_longest_ms", "the longest freeze", .time(tally.freezes.longest)),
        Figure(
          section, "pli_per_hour", "key frames asked for, a person",
          hourly(tally.client.keyFramesAskedFor)),
        Figure(
          section, "nack_per_hour", "packets asked for again, a person",
          hourly(tally.client.packetsAskedFor)),
        Figure(section, "unreadable", "unreadable", .count(tally.client.unreadable)),
      ]
  }

  /// What was shown and heard of what some decoded; nothing where nobody did.
  var decoding: [Figure] {
    guard plan.decode > 0 else { return [] }
    let section = "decoding"
    return [
      Figure(section, "pictures", "pictures decoded", .count(tally.glassToGlass.count)),
      Figure(section, "stamps_heard", "stamps heard in sounds", .count(tally.mouthToEar.count)),
      Figure(section, "wrong", "showed or said somebody else", .count(tally.wrong)),
      Figure(section, "undecodable", "undecodable", .count(tally.undecodable)),
      Figure(section, "undecoded", "not decoded, for want of time", .count(tally.undecoded)),
      Figure(
        section, "psnr_mean_db", "likeness of pictures, mean",
        .number(tally.likeness.mean, unit: "dB")),
      Figure(
        section, "psnr_least_db", "likeness of pictures, least",
        .number(tally.likeness.least, unit: "dB")),
    ]
      + times(section, "glass_to_glass", "glass to glass", tally.glassToGlass)
      + times(section, "mouth_to_ear", "sound to decoder", tally.mouthToEar)
  }

  /// What was lost, and where.
  var losses: [Figure] {
    let section = "loss"
    let all = tally.downlink
    let origins = origins
    var figures = [
      Figure(section, "expected", "packets that should have come", .count(all.expected)),
      Figure(section, "lost", "lost", .count(all.lost)),
      Figure(section, "lost_percent", "lost, of all", .part(all.part)),
      Figure(section, "sound_lost_percent", "lost, of sounds", .part(tally.sounds.part)),
      Figure(section, "picture_lost_percent", "lost, of pictures", .part(tally.pictures.part)),
      Figure(section, "recovered", "of the lost: sent again", .count(tally.client.recovered)),
      Figure(section, "on_purpose", "of the lost: by --loss", .count(origins.onPurpose)),
      Figure(
        section, "tester_overflow", "of the lost: the tester's sockets were full",
        .count(origins.testerOverflow)),
      Figure(
        section, "on_the_way", "of the lost: on the way down", .count(origins.onTheWay)),
    ]
    if let unsent = origins.serverUnsent, let before = origins.beforeServer {
      figures += [
        Figure(section, "server_unsent", "of the lost: the server's sockets", .count(unsent)),
        Figure(
          section, "before_server", "of the lost: on the way up or dropped by the server",
          .count(before)),
      ]
    }
    figures += uplink(section)
    return figures
  }

  private func uplink(_ section: String) -> [Figure] {
    let sent = tally.client.packetsSent
    var figures = [
      Figure(section, "sent", "packets sent", .count(sent)),
      Figure(section, "uplink_lost", "lost on the way up", .count(tally.uplinkLost)),
      Figure(
        section, "uplink_lost_percent", "lost on the way up, of all",
        .part(sent == 0 ? 0 : Double(tally.uplinkLost) / Double(sent))),
      Figure(section, "uplink_on_purpose", "of these: by --loss", .count(droppedSending)),
      Figure(
        section, "tester_unsent", "of these: the tester's sockets did not take",
        .count(tally.unsent)),
    ]
    if let overflow = growth("datagrams_overflowed_total") {
      figures.append(
        Figure(
          section, "server_overflow", "of these: the server's sockets were full",
          .count(overflow)))
    }
    if let dropped = growth("packets_dropped_total") {
      figures.append(
        Figure(section, "server_dropped", "dropped by the relay, for any reason", .count(dropped)))
    }
    return figures
  }

  /// What the server used, where it is on this machine.
  var server: [Figure] {
    guard let time = serverTime else { return [] }
    let section = "server"
    let packets = max(1, growth("packets_sent_total") ?? tally.client.packetsReceived)
    var figures = [
      Figure(
        section, "processor_percent", "processor, of one core",
        .part(time.seconds / max(span.seconds, 1))),
      Figure(
        section, "processor_us_per_packet", "processor for each packet sent",
        .number(time.seconds * 1e6 / Double(packets), unit: "µs")),
      Figure(
        section, "memory_mb", "memory at the end",
        .number(after.residentBytes.map { Double($0) / 1e6 }, unit: "MB")),
    ]
    if let slope = memorySlope {
      figures.append(
        Figure(
          section, "memory_growth_mb_10min", "growth of memory after 2 minutes",
          .number(slope * 10 / 1e6, unit: "MB in 10 min")))
    }
    return figures
  }

  /// What the tester itself used.
  var tester: [Figure] {
    let section = "tester"
    let seconds = max(span.seconds, 1)
    return [
      Figure(
        section, "packets_per_second", "packets received a second, at most",
        .count(UInt64(max(0, watch.mostPackets)))),
      Figure(
        section, "busiest_percent", "its busiest thread, of a core at most",
        .part(watch.highestLoad)),
      Figure(
        section, "processor_percent", "processor, of one core",
        .part(watch.ownTime.seconds / seconds)),
      Figure(
        section, "lateness_p99_ms", "sent later than due, p99",
        .time(tally.lateness.quantile(0.99))),
      Figure(
        section, "waited_percent", "its waiting for a processor, of the time at most",
        .part(watch.longestWait)),
      Figure(section, "overflow", "datagrams its sockets had no room for", .count(tally.overflows)),
    ]
  }

  // MARK: Whether it counts

  /// The part of a core beyond which the tester measures itself.
  private static let highestLoad = 0.9

  /// The part of the time that it may wait for others to leave it a processor.
  private static let longestWait = 0.5
  /// How late one in a hundred may be sent.
  private static let latest = Duration.milliseconds(250)

  var voidReasons: [String] {
    var reasons: [String] = []
    if watch.highestLoad > Self.highestLoad {
      let text = Figure.decimals(watch.highestLoad * 100, 0)
      reasons.append("the tester used \(text) % of its core: these are its own limits")
    }
    if tally.overflows > 0 {
      reasons.append("the tester's sockets had no room for \(tally.overflows) datagrams")
    }
    // A sink does not tell how late it sends.
    if plan.usesSink, watch.longestWait > Self.longestWait {
      let text = Figure.decimals(watch.longestWait * 100, 0)
      reasons.append("the tester waited \(text) % of some seconds for a processor")
    }
    if let late = tally.lateness.quantile(0.99), late > Self.latest {
      reasons.append(
        "the tester sent one packet in a hundred \(Int(late.milliseconds)) ms late or more: this "
          + "machine had no time for it")
    }
    if tally.undecoded > 0 {
      reasons.append("the tester had no time to decode \(tally.undecoded) frames and sounds")
    }
    return reasons
  }

  var advice: [String] {
    var advice: [String] = []
    if !tally.hasFullBuffers {
      advice.append(
        "the kernel does not grant receive buffers of 8 MB: sysctl -w net.core.rmem_max=8388608")
    }
    if watch.highestLoad > Self.highestLoad {
      advice.append("fewer rooms, or a second tester on another machine")
    }
    if watch.longestWait > Self.longestWait / 5 {
      advice.append(
        "the tester had to wait for a processor, which lengthens every delay: let nothing else run")
    }
    return advice
  }
}
