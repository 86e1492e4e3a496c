// The client module of Samtal, protocol `samtal.v1`: a session over a WebSocket, and the media of
// one participant. No dependencies; import it from the clinic's own pages.
//
//   const session = new SamtalSession(signalURL());
//   const opened = await session.open({ invite: secret });
//   const media = new SamtalMedia(session, opened.ice_servers);
//   const joined = await session.request('call.join');
//   await media.negotiate();

export { SamtalMedia } from './samtal-media.js';

/** The name of the WebSocket subprotocol. */
const SUBPROTOCOL = 'samtal.v1';
/** Milliseconds before the first attempt to reconnect; each further one waits twice as long. */
const FIRST_RETRY = 250;
/** The longest wait between two attempts, in milliseconds. */
const LONGEST_RETRY = 5000;

/**
 * What opens a session: a token, an invite, or a session that this page held before a reload.
 * @typedef {{token: string}
 *   | {invite: string, name?: string}
 *   | {resume: {session: string, secret: string}}} Credentials
 */

/**
 * The server's answer to `session.open`.
 * @typedef {object} Opened
 * @property {string} session
 * @property {string} resume_secret
 * @property {number} seq
 * @property {object} you
 * @property {{id: string, name: string}} clinic
 * @property {object} [visit]
 * @property {object} [snapshot]
 * @property {RTCIceServer[]} ice_servers
 */

/** A request that was refused; `reason` is stable and in snake case, `message` is for people. */
export class SamtalError extends Error {
  /** @param {{message: string, data?: {reason?: string, field?: string}}} error */
  constructor(error) {
    super(error.message);
    this.reason = error.data?.reason ?? 'unknown';
    this.field = error.data?.field;
  }
}

/** The address of the signaling socket on the host that served this page. */
export function signalURL() {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/signal`;
}

/**
 * One session with the server. It survives the loss of its socket: it reconnects with growing
 * waits and resumes where it was, so that no notification is lost or seen twice.
 *
 * Every notification is dispatched as a `CustomEvent` of the method's name with the parameters as
 * `detail`. Three events are the session's own: `session.opened` (detail: `Opened`; after each
 * resume too), `session.interrupted`, and `session.ended` (detail: `{reason}`), the last one ever.
 */
export class SamtalSession extends EventTarget {
  #url;
  #client;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Map<number, {resolve: Function, reject: Function}>} */
  #pending = new Map();
  #nextID = 1;
  #seq = 0;
  /** @type {{session: string, secret: string} | null} */
  #resume = null;
  #failures = 0;
  #retry = 0;
  #ended = false;

  /**
   * @param {string} url the WebSocket address of `/v1/signal`
   * @param {object} [client] what to say of this client: name, version, device, language
   */
  constructor(url, client = {}) {
    super();
    this.#url = url;
    this.#client = client;
  }

  /** What a page keeps to open the session again after a reload; null before `open`. */
  get resumption() {
    return this.#resume;
  }

  /** Whether requests can be sent now. */
  get isOpen() {
    return this.#resume !== null && this.#socket?.readyState === WebSocket.OPEN;
  }

  /**
   * Connects and opens the session.
   * @param {Credentials} credentials
   * @returns {Promise<Opened>}
   */
  async open(credentials) {
    await this.#connect();
    // A page that was reloaded remembers nothing: no number fits, and a snapshot comes.
    const { resume } = credentials;
    return this.#openSession(
      resume ? { resume: { seq: Number.MAX_SAFE_INTEGER, ...resume } } : credentials);
  }

  /**
   * Sends a request.
   * @param {string} method
   * @param {object} [params]
   * @returns {Promise<any>} the result; rejects with a `SamtalError`, whose reason is
   *   `connection_lost` when the socket went away before the answer came
   */
  request(method, params = {}) {
    return new Promise((resolve, reject) => {
      if (this.#socket?.readyState !== WebSocket.OPEN) {
        reject(connectionLost());
        return;
      }
      const id = this.#nextID++;
      this.#pending.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
  }

  /**
   * Sends a notification, if the socket is up.
   * @param {string} method
   * @param {object} params
   */
  notify(method, params) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', method, params }));
  }

  /** Closes the socket for good. The participant's place is not given up: see `call.leave`. */
  close() {
    this.#end('closed_here');
  }

  /** @returns {Promise<void>} when the socket is up */
  #connect() {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(this.#url, SUBPROTOCOL);
      this.#socket = socket;
      socket.onopen = () => resolve();
      socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
      socket.onclose = () => {
        reject(connectionLost());
        if (this.#socket === socket) this.#lose();
      };
    });
  }

  async #openSession(credentials) {
    const params = { ...credentials, client: this.#client };
    /** @type {Opened} */
    const opened = await this.request('session.open', params);
    this.#resume = { session: opened.session, secret: opened.resume_secret };
    this.#failures = 0;
    this.#emit('session.opened', opened);
    return opened;
  }

  #receive(message) {
    if (message.method !== undefined) {
      this.#receiveNotification(message.method, message.params ?? {});
      return;
    }
    const waiting = this.#pending.get(message.id);
    if (waiting === undefined) return;
    this.#pending.delete(message.id);
    if (message.error) {
      waiting.reject(new SamtalError(message.error));
      return;
    }
    // A snapshot holds all that the notifications up to its number have told. It is counted
    // here, before the next message, which may already be the notification after it. A resume
    // without a snapshot is followed by the notifications that were missed.
    const { seq, snapshot } = message.result ?? {};
    if (Number.isInteger(seq) && (snapshot || this.#resume === null)) this.#seq = seq;
    waiting.resolve(message.result);
  }

  #receiveNotification(method, params) {
    if (Number.isInteger(params.seq)) {
      if (params.seq <= this.#seq) return;
      if (params.seq > this.#seq + 1 && this.#resume !== null) {
        // One is missing: the server sends it again to a socket that resumes.
        this.#socket?.close();
        return;
      }
      this.#seq = params.seq;
    }
    this.#emit(method, params);
    if (method === 'session.closing' && params.action === 'leave') this.#end(params.reason);
  }

  /** The socket is gone without our wish. */
  #lose() {
    this.#socket = null;
    for (const waiting of this.#pending.values()) waiting.reject(connectionLost());
    this.#pending.clear();
    if (this.#ended || this.#resume === null) return;
    this.#emit('session.interrupted', {});
    this.#retryLater();
  }

  #retryLater() {
    const longest = Math.min(FIRST_RETRY * 2 ** this.#failures, LONGEST_RETRY);
    this.#failures += 1;
    this.#retry = setTimeout(() => this.#reconnect(), longest * (0.5 + Math.random() / 2));
  }

  async #reconnect() {
    try {
      await this.#connect();
      await this.#openSession({ resume: { ...this.#resume, seq: this.#seq } });
    } catch (error) {
      // A lost socket has already scheduled the next attempt; a refusal is final.
      if (error instanceof SamtalError && error.reason !== 'connection_lost') {
        this.#end(error.reason);
      }
    }
  }

  #end(reason) {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#retry);
    this.#socket?.close();
    this.#emit('session.ended', { reason });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function connectionLost() {
  const message = 'The connection to the server was lost.';
  return new SamtalError({ message, data: { reason: 'connection_lost' } });
}
