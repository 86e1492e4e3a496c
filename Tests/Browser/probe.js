// Runs in the page under test, before its own scripts. `probe.start()` reads every frame that a
// seat presents, beside what the page shows at that moment, and listens for the tones.
{
  const COLUMNS = 8, ROWS = 4, CELL = 4;
  const TONES = { 1: 500, 2: 1300, 3: 2100 };

  const canvas = new OffscreenCanvas(COLUMNS * CELL, ROWS * CELL);
  const pixels = canvas.getContext('2d', { willReadFrequently: true });

  /** The publisher and the frame number of a bar code, or null where the picture is none. */
  function read(picture) {
    pixels.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const { data } = pixels.getImageData(0, 0, canvas.width, canvas.height);
    let word = 0n;
    for (let row = 0; row < ROWS; row += 1) {
      for (let column = 0; column < COLUMNS; column += 1) {
        const x = column * CELL + CELL / 2, y = row * CELL + CELL / 2;
        word = word << 1n | (data[(y * canvas.width + x) * 4 + 1] > 127 ? 1n : 0n);
      }
    }
    const number = Number(word);
    const publisher = Number(word >> 28n), inverse = Number(word >> 24n & 15n);
    const frame = Number(word >> 12n & 0xFFFn), check = number & 0xFF;
    const isWhole = (publisher ^ inverse) === 15 && (number >> 8 & 15) === 0b1010
      && check === (frame * 37 + publisher * 91 + 0x5A & 0xFF);
    return isWhole ? { publisher, frame } : null;
  }

  /** What the page shows of a seat: the name under it, and whether the picture can be seen. */
  function shown(seat) {
    const tile = seat.element.closest('.tile');
    const style = tile && getComputedStyle(seat.element);
    return {
      name: tile?.querySelector('.name').textContent ?? '',
      isSeen: Boolean(tile) && !tile.hidden && style.visibility === 'visible'
        && style.opacity !== '0',
    };
  }

  const wallTime = () => performance.timeOrigin + performance.now();

  function watch(seat) {
    const look = () => {
      const code = read(seat.element);
      const at = wallTime();
      // Frame callbacks run before animation callbacks: this is what is painted with the frame.
      requestAnimationFrame(() => probe.frames.push({ at, seat: seat.seat, ...code, ...shown(seat) }));
      seat.element.requestVideoFrameCallback(look);
    };
    seat.element.requestVideoFrameCallback(look);
  }

  /** Reads every picture of a track as it was decoded, whatever becomes of it on the screen. */
  async function decode(track) {
    const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize: 8 });
    for await (const picture of readable) {
      const code = read(picture);
      picture.close();
      if (code !== null) probe.decoded.push({ at: wallTime(), ...code });
    }
  }

  function listen(context, seat) {
    const analyser = new AnalyserNode(context, { fftSize: 2048, smoothingTimeConstant: 0 });
    context.createMediaStreamSource(new MediaStream([seat.audio.receiver.track])).connect(analyser);
    const levels = new Float32Array(analyser.frequencyBinCount);
    const bin = (hertz) => Math.round(hertz / context.sampleRate * analyser.fftSize);
    return () => {
      analyser.getFloatFrequencyData(levels);
      for (const [publisher, hertz] of Object.entries(TONES)) {
        const tone = Math.max(...levels.subarray(bin(hertz) - 1, bin(hertz) + 2));
        const beside = Math.max(levels[bin(hertz - 250)], levels[bin(hertz + 250)]);
        if (tone > -65 && tone > beside + 15) {
          probe.tones.push({ at: wallTime(), seat: seat.seat, publisher: Number(publisher) });
        }
      }
    };
  }

  globalThis.probe = {
    /** Every frame presented: {at, seat, publisher?, frame?, name, isSeen}. */
    frames: [],
    /** Every picture decoded since `decode`, on the screen or not: {at, publisher, frame}. */
    decoded: [],
    /** Every time a tone was heard: {at, seat, publisher}. */
    tones: [],

    start() {
      const seats = samtal.media.seats.filter((seat) => seat.kind === 'person');
      const context = new AudioContext();
      const listeners = seats.map((seat) => listen(context, seat));
      setInterval(() => listeners.forEach((hear) => hear()), 100);
      seats.forEach(watch);
    },

    /** From now on also reads pictures that never get onto the screen: which ones a browser without
     * a display paints depends on the processors it gets. */
    decode() {
      const seats = samtal.media.seats.filter((seat) => seat.kind === 'person');
      for (const { video } of seats) decode(video.receiver.track);
    },

    /** RTP packets that this page has sent and received, over all streams. */
    async packets() {
      const sum = { sent: 0, received: 0 };
      for (const report of (await samtal.media.connection.getStats()).values()) {
        if (report.type === 'outbound-rtp') sum.sent += report.packetsSent;
        if (report.type === 'inbound-rtp') sum.received += report.packetsReceived;
      }
      return sum;
    },

    /** The part of the sound of occupied seats that was made up for want of packets, 0 to 1. */
    async concealed() {
      let concealed = 0, total = 0;
      for (const report of (await samtal.media.connection.getStats()).values()) {
        if (report.type !== 'inbound-rtp' || report.kind !== 'audio') continue;
        if (!(report.packetsReceived > 0)) continue;
        concealed += report.concealedSamples;
        total += report.totalSamplesReceived;
      }
      return total === 0 ? 1 : concealed / total;
    },
  };
}
