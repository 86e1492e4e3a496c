// The view before the call: a look in the mirror, devices, a name where none is known.

import { byID, show } from './view.js';

const SOURCES = ['camera', 'microphone'];

export class Door {
  #devices;

  /**
   * @param {import('./devices.js').Devices} devices
   * @param {{join: () => void, decline: () => void, chose: () => void}} actions
   */
  constructor(devices, { join, decline, chose }) {
    this.#devices = devices;
    byID('door-form').addEventListener('submit', (event) => {
      event.preventDefault();
      join();
    });
    byID('decline').addEventListener('click', () => decline());
    for (const source of SOURCES) {
      byID(`${source}-choice`).addEventListener('change', async (event) => {
        await devices.choose(source, event.target.value);
        chose();
      });
    }
  }

  /** The name that was typed, where one was asked for. */
  get name() {
    return byID('name-label').hidden ? '' : byID('name').value.trim();
  }

  /**
   * Shows the door; a message says why one came back to it.
   * @param {{you: object, hasCall: boolean, isRinging: boolean}} situation
   * @param {string} message
   */
  async show({ you, hasCall, isRinging }, message) {
    await this.#devices.open();
    byID('door-preview').append(this.#devices.preview);
    byID('door-title').textContent = isRinging ? 'Vården ringer upp dig' : 'Videosamtal';
    byID('decline').hidden = !isRinging;
    byID('name-label').hidden = Boolean(you.name) || you.role !== 'guest';
    byID('join').textContent = you.role !== 'staff' ? 'Gå med i videosamtal'
      : hasCall ? 'Anslut till videosamtal' : 'Starta videosamtal';
    byID('join').disabled = false;
    byID('door-message').textContent = message;
    await this.#fillChoices();
    show('door');
  }

  async #fillChoices() {
    for (const source of SOURCES) {
      const used = this.#devices.tracks[source]?.getSettings().deviceId;
      const options = (await this.#devices.choices(source)).map(({ label, deviceId }) =>
        new Option(label || 'Standard', deviceId, false, deviceId === used));
      byID(`${source}-choice`).replaceChildren(...options);
    }
  }
}
