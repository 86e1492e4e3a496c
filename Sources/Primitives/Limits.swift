/// Every cap in the system, in one place: what a peer can make us hold, and for how long.
///
/// Memory is reserved from these at start where it can be. A limit that a test or a document
/// quotes is quoted from here.
public enum Limits {
  // MARK: Datagrams and transports

  /// Bytes in the longest datagram that is looked at (an Ethernet frame's payload).
  public static let datagramBytes = 1_500
  /// Bytes in the longest clear RTP packet that is forwarded: room is left for the trailer.
  public static let packetBytes = 1_400
  /// Remote addresses that one transport keeps as candidates (S4).
  public static let remoteAddressesPerTransport = 8
  /// Handshakes that one transport runs side by side, one a ClientHello random (S1).
  public static let handshakesPerTransport = 4
  /// Bytes in the longest ClientHello that is put together from fragments (W29).
  public static let clientHelloBytes = 8_192
  /// Transaction ids of past checks that one transport remembers, so that none counts twice (S5).
  public static let transactionsPerTransport = 512
  /// Distinct SSRCs that one transport holds replay state for (S8).
  public static let streamsPerTransport = 64
  /// Time without an authenticated check after which consent has expired (W25, RFC 7675).
  public static let consentLifetime = Duration.seconds(30)
  /// Time without an authenticated packet after which a peer is said to be silent.
  public static let silenceThreshold = Duration.seconds(5)

  // MARK: Session descriptions

  /// Bytes in the longest session description (S16).
  public static let sessionDescriptionBytes = 262_144
  /// Media sections in one description (S16).
  public static let mediaSections = 64
  /// Payload formats in one media section: as many as there are payload types.
  public static let payloadFormats = 128
  /// SSRCs that one media section may announce.
  public static let announcedSources = 32
  /// Candidates that one media section may carry.
  public static let candidates = 64
  /// Certificates that one side may show.
  public static let fingerprints = 4
  /// RIDs that one media section may carry.
  public static let restrictionIDs = 8
  /// Simulcast layers that are taken from one media section.
  public static let simulcastLayers = 3
  /// Person seats that one viewer may ask for.
  public static let personSeats = 24
  /// Screen seats that one viewer may ask for.
  public static let screenSeats = 2
  /// Voice seats that one viewer may ask for.
  public static let voiceSeats = 8

  // MARK: Relay

  /// Peers on one worker.
  public static let peersPerWorker = 4_096
  /// Packets that may wait on the way from one worker to another.
  public static let crossingPackets = 2_048
  /// Messages that may wait in a worker's batch, each of one datagram or more to one destination.
  public static let batchMessages = 1_024
  /// Bytes that may wait in it.
  public static let batchBytes = 1_048_576
  /// The share of its thread's time, of 100, from which a worker takes no further peers.
  public static let fullWorkerPercent = 85
  /// The share below which it takes them again.
  public static let relievedWorkerPercent = 75
  /// Packets of one track that wait for the rest of their frame.
  public static let waitingPacketsPerTrack = 64
  /// Packets of one track that can overtake the first of a key frame without spoiling it.
  public static let overtakingPacketsPerTrack = 32
  /// Tracks that one peer publishes: camera, microphone, screen and its sound, each once.
  public static let tracksPerPeer = 4
  /// Simulcast layers of one track.
  public static let layersPerTrack = 4
  /// Streams that a worker sends to each of its peers, on average where there are many.
  public static let sendStreamsPerPeer = 32
  /// Streams that a viewer with all seats is sent: each has two, those for voices one.
  public static let mostSendStreamsPerPeer = 2 * (personSeats + screenSeats) + voiceSeats
  /// So many peers may all be sent the most.
  public static let peersWithMostStreams = 512
  /// Seats that one track is forwarded to.
  public static let routesPerTrack = 2_048
  /// Packets in one stream's retransmission history.
  public static let historyPackets = 1_024
  /// Times that one missing packet is asked for.
  public static let nackAttempts = 10
  /// Missing packets that one stream asks for at once; beyond it, a key frame is asked for (W12).
  public static let nackListLength = 512

  // MARK: Signaling

  /// Bytes in the longest signaling message; a negotiation may have `negotiationBytes`.
  public static let messageBytes = 65_536
  /// Bytes in the longest `media.negotiate` message, an escaped offer included.
  public static let negotiationBytes = 294_912
  /// Levels of nesting in a signaling message.
  public static let messageDepth = 16
  /// Requests that one session may send in a second, with bursts of as many.
  public static let requestsPerSecond = 50
  /// Notifications that are kept for a session that may resume.
  public static let replayedNotifications = 256
  /// Bytes of them: who missed more is sent a fresh snapshot.
  public static let replayedBytes = 16_384
  /// Bytes that may wait for a slow reader before its connection is closed.
  public static let queuedBytesPerConnection = 1_048_576
  /// Elements in one list of a token's claims.
  public static let claimElements = 64
  /// Time in which a new connection must have opened its session.
  public static let openTimeout = Duration.seconds(10)
  /// Time that a lost participant's place is kept.
  public static let resumeWindow = Duration.seconds(30)
  /// The longest that a test of a client's connection runs.
  public static let probeTime = Duration.seconds(30)
  /// Requests of one session that wait for the disk.
  public static let waitingRequests = 64
  /// Visits in one answer to `visit.list`.
  public static let visitsPerPage = 100
  /// People in one answer about the directory.
  public static let peoplePerPage = 50
  /// Recipients in one `invite.create`, and guests in one `visit.create`.
  public static let recipientsPerRequest = 32
  /// Bytes in one chat message.
  public static let chatBytes = 4_000
  /// The longest span that a client's quality report can be about.
  public static let reportedSpan = Duration.minutes(1)
  /// Connections that the daemon holds at the same time.
  public static let connections = 16_384
  /// Connections from one address.
  public static let connectionsPerAddress = 1_024

  /// Bytes of unfinished messages that all connections together may hold.
  public static let unfinishedBytes = 67_108_864
  /// Frames that one message may come in.
  public static let framesPerMessage = 1_024
  /// Bytes that a WebSocket may send in a second beside its messages: headers of frames, what TLS
  /// adds, and control frames, of which these are more than a hundred.
  public static let overheadBytesPerSecond = 32_768
  /// Letters in a mailbox between the control thread and the web front.
  public static let webMailboxLetters = 8_192
  /// Letters in a mailbox between the control thread and a worker or the store.
  public static let workerMailboxLetters = 8_192
  /// Time without any frame after which a WebSocket is pinged.
  public static let idlePing = Duration.seconds(20)

  // MARK: The HTTP API

  /// Bytes in a request's line and header fields together.
  public static let requestHeaderBytes = 8_192
  /// Bytes in the body of a request.
  public static let requestBodyBytes = 1_048_576
  /// Bytes of a body that are read and thrown away, so that its sender sees the refusal; beyond
  /// it the connection is closed.
  public static let discardedBodyBytes = 8_388_608
  /// Time that the body of a request may take, from its header on, and then the answer.
  public static let requestBodyTimeout = Duration.seconds(10)
  /// Parts in the query of a request.
  public static let queryParts = 32
  /// Requests that one key's back ends may send in a second, with bursts of as many.
  public static let callsPerSecond = 200
  /// Background images that are read for pages in a second.
  public static let imageReadsPerSecond = 50
  /// Bytes in a background image.
  public static let backgroundBytes = 524_288
  /// Idempotency keys whose bodies are remembered.
  public static let idempotencyKeys = 4_096
  /// Rows of the audit log on one page.
  public static let auditRowsPerPage = 500
  /// Requests whose errands the store has not answered yet.
  public static let errands = 1_024

  // MARK: Store

  /// Events that are replayed to find out which ones of a visit leave no trace.
  public static let eventsReplayedToFindSpent = 200_000
  /// Visits that retention deletes at one time.
  public static let visitsForgottenAtOnce = 1_024
  /// Refused tokens and links in a second that are listed one by one in the audit log; of further
  /// ones it says how many they were.
  public static let refusalsListedPerSecond = 10
  /// Rows of the audit log that are no events and wait for a store that fails; further ones are
  /// counted.
  public static let waitingAuditEntries = 1_024

  // MARK: Visits

  /// People in one call, the lobby included.
  public static let participantsPerCall = 600
  /// People whom a visit is booked for; the others come in by links, or are let in.
  public static let peopleBooked = 64
  /// Places among them that only staff can take: a crowded lobby does not keep staff out.
  public static let placesForStaff = 8
  /// Places that people whom no personal link or token names can take, so that a general link
  /// in many hands does not keep the invited ones out.
  public static let placesForUnnamed = 32
  /// Bytes in a person's name, a title, an address, or the word for a type of visit.
  public static let nameBytes = 200
  /// Bytes in a visit's heading.
  public static let headingBytes = 500
  /// Bytes in a visit's description.
  public static let descriptionBytes = 8_000
  /// Links into one visit, revoked ones included.
  public static let invitesPerVisit = 128
  /// Chat messages that a call keeps for those who come back after a lost connection; of more,
  /// the oldest are forgotten.
  public static let chatMessagesPerCall = 256
  /// Calls in one visit.
  public static let callsPerVisit = 256
  /// Time after a call in which it can be rated.
  public static let ratingWindow = Duration.minutes(15)
  /// Messages about one visit.
  public static let messagesPerVisit = 1_024
  /// Proxies in one visit.
  public static let proxiesPerVisit = 16
  /// Call requests in one call.
  public static let requestsPerCall = 64
  /// People whom one visit knows: booked, invited or here, and staff that has been.
  public static let peoplePerVisit = 1_024
  /// Types of visit that one clinic has.
  public static let visitTypesPerClinic = 64
  /// Predefined headings that one clinic has.
  public static let reasonsPerClinic = 1_024
  /// Background images that one clinic has.
  public static let backgroundsPerClinic = 64
  /// Languages that a clinic's invitation text is in.
  public static let languagesPerClinic = 32
  /// Bytes in a text that a clinic writes for its messages or pages.
  public static let clinicTextBytes = 2_000
  /// Characters of a clinic's own text that go by SMS: with a link, all of it fits into two.
  public static let smsTextCharacters = 160
  /// Units in one clinic's directory.
  public static let unitsPerDirectory = 2_000
  /// People in one clinic's directory.
  public static let peoplePerDirectory = 20_000
  /// Levels of units below one another.
  public static let unitDepth = 16
  /// Changes of a directory in one command.
  public static let directoryChanges = 1_000
  /// People whom one search of a directory answers with.
  public static let directoryMatches = 50
  /// Bytes in what is searched for.
  public static let queryBytes = 200
  /// Time after which a denied person can knock again.
  public static let knockPause = Duration.minutes(1)

  // MARK: Delivery

  /// Messages and webhooks that are on their way at the same time.
  public static let deliveriesUnderWay = 16
  /// Bytes of an answer to a message or a webhook that are waited for; none of them is kept.
  public static let deliveryAnswerBytes = 65_536
  /// Time after which a message that could not be sent is given up.
  public static let deliveryLifetime = Duration.hours(24)
  /// Letters in a mailbox between the control thread and the one that delivers.
  public static let deliveryMailboxLetters = 1_024
  /// Events that are read from the log at once for one clinic's webhook.
  public static let webhookEventsPerRead = 64
}
