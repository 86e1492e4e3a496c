// The media of one participant: one peer connection, one negotiation, and the seats on which the
// server places the others. People come and go without a new offer.

/** Person seats to begin with; more are asked for in steps, up to the most that a page wants. */
const PERSON_SEATS = 4;
const SEAT_STEP = 8;
const MOST_PERSON_SEATS = 24;
const VOICE_SEATS = 3;

/** Milliseconds between two looks at how much has to be sent again. */
const REPAIR_INTERVAL = 1000;
/** Requests for repair, of all packets, from which on playing waits for the repairs. */
const LOSSY = 0.03;
/** Round trips that playing waits: a loss on either side of the relay costs one and more, and some
 * are lost twice. */
const REPAIR_ROUND_TRIPS = 4;
/** The longest that playing waits, in milliseconds: beyond, talking becomes hard. */
const LONGEST_REPAIR = 800;
/** How many looks without loss it takes before playing hurries up again. */
const CALM_LOOKS = 20;

/** The codecs that are offered, the preferred one first (RFC 2198, 7587, 7741 and 4588). */
const CODECS = {
  audio: ['audio/red', 'audio/opus'],
  video: ['video/VP8', 'video/rtx'],
};

/**
 * One receive position, as a page sees it.
 *
 * A page shows a name beside a picture only while `participant` and `hasPicture` hold; both are
 * cleared the moment the server takes somebody off the seat.
 * @typedef {object} Seat
 * @property {number} seat the server's number of the seat
 * @property {'person' | 'screen' | 'voice'} kind
 * @property {HTMLVideoElement | HTMLAudioElement} element plays the seat; transparent while blank
 * @property {number} epoch the count of changes that this page has been told of
 * @property {string | null} participant who sits here, as the server told
 * @property {string | null} source `camera`, `screen` or `microphone`
 * @property {boolean} hasPicture whether the element shows a frame of this participant
 */

/**
 * A seat and what belongs to it on the peer connection.
 * @typedef {Seat & {audio: RTCRtpTransceiver, video: RTCRtpTransceiver | null, videoFrom: number}}
 *   SeatState
 */

/**
 * Dispatches `seat` (detail: `Seat`) at each change of a seat, and `connection` (detail: the
 * state of the peer connection) and `lost` when the server has no use for this connection any
 * more, and a new one has to be made.
 */
export class SamtalMedia extends EventTarget {
  /** What tests watch: neither number grows while people come and go. */
  counters = { negotiationNeeded: 0, remoteDescriptions: 0 };

  #session;
  #connection;
  #mostPersonSeats;
  /** @type {Record<'microphone' | 'camera', RTCRtpTransceiver>} */
  #senders;
  /** @type {Record<'microphone' | 'camera', MediaStreamTrack | null>} */
  #tracks = { microphone: null, camera: null };
  #isAdmitted = false;
  /** @type {SeatState[]} in the order of the offer */
  #seats = [];
  /** @type {Map<number, SeatState>} by the server's number */
  #bySeat = new Map();
  /** Changes of seats that came before the answer that numbers them. */
  #early = [];
  #negotiation = Promise.resolve();
  /** Whether an offer has not been answered yet, because the signaling was down. */
  #needsOffer = false;
  #subscriptions = new AbortController();
  #repairs = { timer: 0, requests: 0, packets: 0, calm: CALM_LOOKS };

  /**
   * @param {import('./samtal.js').SamtalSession} session an open session
   * @param {RTCIceServer[]} iceServers as `session.open` gave them
   * @param {{personSeats?: number, mostPersonSeats?: number}} [room] how many people the page
   *   shows to begin with, and at most
   */
  constructor(session, iceServers = [], room = {}) {
    super();
    this.#session = session;
    this.#mostPersonSeats = room.mostPersonSeats ?? MOST_PERSON_SEATS;
    this.#connection = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' });
    this.#senders = {
      microphone: this.#addTransceiver('audio', 'sendonly'),
      camera: this.#addTransceiver('video', 'sendonly'),
    };
    this.#addSeats('person', room.personSeats ?? PERSON_SEATS);
    this.#addSeats('screen', 1);
    this.#addSeats('voice', VOICE_SEATS);
    this.#watchConnection();
    const signal = this.#subscriptions.signal;
    session.addEventListener('seats.changed', (e) => this.applySeats(e.detail.seats), { signal });
    session.addEventListener('session.opened', () => this.#afterResume(), { signal });
    this.#repairs.timer = setInterval(() => this.#awaitRepairs(), REPAIR_INTERVAL);
  }

  /** The peer connection, for statistics; never to be negotiated by others. */
  get connection() {
    return this.#connection;
  }

  /** @returns {Seat[]} */
  get seats() {
    return [...this.#bySeat.values()];
  }

  /** Offers, and applies the answer; at once, without waiting for candidates. */
  negotiate() {
    this.#negotiation = this.#negotiation.then(() => this.#offer());
    const done = this.#negotiation;
    this.#negotiation = done.catch(() => {});
    return done;
  }

  /**
   * Sets what is sent from a device; nothing leaves before admission.
   * @param {'microphone' | 'camera'} source
   * @param {MediaStreamTrack | null} track
   */
  async setTrack(source, track) {
    this.#tracks[source] = track;
    await this.#applyTracks();
  }

  /** In the lobby no sender holds a track; on admission they get theirs, on hold they lose them. */
  async setAdmitted(isAdmitted) {
    this.#isAdmitted = isAdmitted;
    await this.#applyTracks();
  }

  /** Asks for more person seats when `others` people do not fit on the present ones. */
  async makeRoom(others) {
    const have = this.#seats.filter((seat) => seat.kind === 'person').length;
    if (others <= have || have >= this.#mostPersonSeats) return;
    this.#addSeats('person', Math.min(SEAT_STEP, this.#mostPersonSeats - have));
    await this.negotiate();
  }

  /**
   * Takes in who sits where, from a notification or a snapshot.
   * @param {{seat: number, epoch: number, participant: string | null, source: string,
   *   audio_from?: number, video_from?: number}[]} changes
   */
  applySeats(changes) {
    const vacated = [];
    for (const change of changes) {
      const seat = this.#bySeat.get(change.seat);
      if (seat === undefined) {
        this.#early.push(change);
      } else if (change.epoch > seat.epoch) {
        this.#change(seat, change);
        if (seat.participant === null) vacated.push(seat);
      }
    }
    this.#acknowledge(vacated);
  }

  /** Ends the media for good. */
  close() {
    this.#subscriptions.abort();
    clearInterval(this.#repairs.timer);
    this.#connection.close();
    for (const seat of this.#seats) seat.element.srcObject = null;
  }

  // Negotiation

  async #offer() {
    const connection = this.#connection;
    if (connection.signalingState === 'closed') return;
    this.#needsOffer = true;
    await connection.setLocalDescription(await connection.createOffer());
    const result = await this.#session.request('media.negotiate', {
      offer: connection.localDescription.sdp,
      tracks: Object.entries(this.#senders).map(([source, sender]) => ({
        mid: sender.mid, source,
      })),
      seats: this.#seats.map(midsOf),
    });
    this.counters.remoteDescriptions += 1;
    await connection.setRemoteDescription({ type: 'answer', sdp: result.answer });
    this.#needsOffer = false;
    this.#numberSeats(result.seats);
  }

  #numberSeats(answered) {
    const byMID = new Map(this.#seats.map((seat) => [seat.audio.mid, seat]));
    for (const { seat: number, audio_mid: mid } of answered) {
      const seat = byMID.get(mid);
      if (seat === undefined) continue;
      seat.seat = number;
      this.#bySeat.set(number, seat);
      this.#emit('seat', seat);
    }
    const early = this.#early;
    this.#early = [];
    this.applySeats(early.filter((change) => this.#bySeat.has(change.seat)));
  }

  #addTransceiver(kind, direction) {
    const transceiver = this.#connection.addTransceiver(kind, { direction });
    const known = RTCRtpReceiver.getCapabilities(kind).codecs;
    const wanted = CODECS[kind].flatMap((type) => known.filter((c) => c.mimeType === type));
    transceiver.setCodecPreferences(wanted);
    return transceiver;
  }

  #watchConnection() {
    const connection = this.#connection;
    connection.addEventListener('negotiationneeded', () => {
      this.counters.negotiationNeeded += 1;
    });
    connection.addEventListener('connectionstatechange', () => {
      this.#emit('connection', connection.connectionState);
      if (connection.connectionState === 'failed') {
        connection.restartIce();
        this.#offerAgain();
      }
    });
  }

  /** An offer that nobody waits for: where the socket was lost, the next resume tries again. */
  #offerAgain() {
    this.negotiate().catch((error) => {
      if (error.reason !== 'connection_lost') this.#emit('lost', error);
    });
  }

  // Publishing

  async #applyTracks() {
    await Promise.all(Object.entries(this.#senders).map(([source, transceiver]) => {
      const track = this.#isAdmitted ? this.#tracks[source] : null;
      return transceiver.sender.replaceTrack(track);
    }));
  }

  // Seats

  #addSeats(kind, count) {
    for (let i = 0; i < count; i += 1) {
      const audio = this.#addTransceiver('audio', 'recvonly');
      const video = kind === 'voice' ? null : this.#addTransceiver('video', 'recvonly');
      const element = document.createElement(video ? 'video' : 'audio');
      element.autoplay = true;
      element.playsInline = true;
      element.srcObject = new MediaStream(
        [audio, video].flatMap((transceiver) => transceiver?.receiver.track ?? []));
      const seat = {
        seat: -1, kind, element, epoch: 0, participant: null, source: null, hasPicture: false,
        audio, video, videoFrom: 0,
      };
      blank(seat);
      this.#seats.push(seat);
    }
  }

  #change(seat, change) {
    blank(seat);
    seat.epoch = change.epoch;
    seat.participant = change.participant;
    seat.source = change.source;
    seat.videoFrom = change.video_from;
    if (seat.participant !== null && seat.video !== null) this.#awaitPicture(seat);
    this.#emit('seat', seat);
  }

  /** Until the first frame that can only be the new occupant's is on the screen, none is shown. */
  #awaitPicture(seat) {
    const { epoch } = seat;
    const check = (_, frame) => {
      if (seat.epoch !== epoch) return;
      if (isAtOrAfter(frame.rtpTimestamp, seat.videoFrom)) {
        seat.hasPicture = true;
        seat.element.style.opacity = '1';
        this.#emit('seat', seat);
      } else {
        seat.element.requestVideoFrameCallback(check);
      }
    };
    seat.element.requestVideoFrameCallback(check);
  }

  /**
   * On a network that loses packets, plays that much later that lost ones can come again: a
   * browser by itself waits too short a time for what was lost on the way to the relay.
   */
  async #awaitRepairs() {
    let requests = 0;
    let packets = 0;
    let roundTrip = 0;
    for (const report of (await this.#connection.getStats()).values()) {
      if (report.type === 'inbound-rtp' && report.kind === 'video') {
        requests += report.nackCount ?? 0;
        packets += report.packetsReceived ?? 0;
      } else if (report.type === 'candidate-pair' && report.nominated) {
        roundTrip = 1000 * (report.currentRoundTripTime ?? 0);
      }
    }
    const repairs = this.#repairs;
    const isLossy = requests - repairs.requests > LOSSY * (packets - repairs.packets);
    Object.assign(repairs, { requests, packets, calm: isLossy ? 0 : repairs.calm + 1 });
    const target = repairs.calm < CALM_LOOKS
      ? Math.min(REPAIR_ROUND_TRIPS * roundTrip, LONGEST_REPAIR) : null;
    for (const { audio, video } of this.#seats) {
      if (video === null) continue;
      audio.receiver.jitterBufferTarget = target;
      video.receiver.jitterBufferTarget = target;
    }
  }

  /** Tells the server that these tiles are blank, so that it may seat somebody else there. */
  #acknowledge(seats) {
    if (seats.length === 0) return;
    const params = { seats: seats.map(({ seat, epoch }) => ({ seat, epoch })) };
    this.#session.notify('seats.acknowledge', params);
  }

  /** What was said into a dying socket is said again; the server ignores what it has heard. */
  #afterResume() {
    this.#acknowledge(this.seats.filter((seat) => seat.participant === null && seat.epoch > 0));
    if (this.#needsOffer) this.#offerAgain();
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** @param {SeatState} seat */
function blank(seat) {
  seat.hasPicture = false;
  seat.participant = null;
  seat.element.style.opacity = '0';
}

/** @param {SeatState} seat */
function midsOf({ kind, audio, video }) {
  return { kind, audio_mid: audio.mid, ...(video && { video_mid: video.mid }) };
}

/** Whether one RTP timestamp is at or after another, counted modulo 2^32 (RFC 3550). */
function isAtOrAfter(timestamp, from) {
  return timestamp !== undefined && ((timestamp - from) >>> 0) < 2 ** 31;
}
