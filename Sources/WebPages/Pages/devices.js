// This computer's camera and microphone.

/** What a camera is asked for: enough for a face, and cheap to send. */
const VIDEO = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 30 } };
const KINDS = { microphone: 'audioinput', camera: 'videoinput' };

/** The chosen devices and their tracks; either may be missing, and the call goes on without it. */
export class Devices {
  /** @type {Record<'microphone' | 'camera', MediaStreamTrack | null>} */
  tracks = { microphone: null, camera: null };
  #preview = document.createElement('video');

  constructor() {
    this.#preview.autoplay = true;
    this.#preview.playsInline = true;
    this.#preview.muted = true;
    this.#preview.setAttribute('aria-label', 'Din egen bild');
  }

  /** A mirror of the own camera: one element, which moves to where it is wanted. */
  get preview() {
    return this.#preview;
  }

  /**
   * Opens both devices, asking the person once where the browser can; one alone where not. Does
   * nothing when one is open already.
   */
  async open() {
    if (this.tracks.camera !== null || this.tracks.microphone !== null) return;
    const stream = await capture({ audio: true, video: VIDEO })
      ?? await capture({ audio: true })
      ?? await capture({ video: VIDEO });
    this.tracks.microphone = stream?.getAudioTracks()[0] ?? null;
    this.tracks.camera = stream?.getVideoTracks()[0] ?? null;
    this.#showPreview();
  }

  /**
   * Changes to another device of the same source.
   * @param {'microphone' | 'camera'} source
   * @param {string} deviceId
   */
  async choose(source, deviceId) {
    const exact = { deviceId: { exact: deviceId } };
    this.tracks[source]?.stop();
    const wanted = source === 'camera' ? { video: { ...VIDEO, ...exact } } : { audio: exact };
    this.tracks[source] = (await capture(wanted))?.getTracks()[0] ?? null;
    this.#showPreview();
  }

  /**
   * The devices that can be chosen; their labels are known once the person has agreed.
   * @param {'microphone' | 'camera'} source
   */
  async choices(source) {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter((device) => device.kind === KINDS[source]);
  }

  /** Turns the devices off: their lamps go out. */
  close() {
    for (const source of Object.keys(this.tracks)) {
      this.tracks[source]?.stop();
      this.tracks[source] = null;
    }
    this.#showPreview();
  }

  #showPreview() {
    const { camera } = this.tracks;
    this.#preview.srcObject = camera && new MediaStream([camera]);
  }
}

/** A stream, or null where there is no such device or the person said no. */
async function capture(constraints) {
  try {
    return await navigator.mediaDevices.getUserMedia(constraints);
  } catch {
    return null;
  }
}
