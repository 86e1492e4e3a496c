// What the page shows: elements made from state. Text from people is only ever set as text.

import { IDENTIFIED, KINDS, ROLES } from './texts.js';

export const byID = (id) => document.getElementById(id);

const VIEWS = ['notice', 'door', 'lobby', 'call'];

/** Shows one of the page's views and hides the others. */
export function show(view) {
  for (const id of VIEWS) byID(id).hidden = id !== view;
  document.body.dataset.view = view;
}

/** Shows a message in place of everything else, with a button where there is a way on. */
export function showNotice(title, text = '', retry = '') {
  byID('notice-title').textContent = title;
  byID('notice-text').textContent = text;
  byID('retry').textContent = retry;
  byID('retry').hidden = retry === '';
  show('notice');
}

/** Sets a text that is hidden while it is empty. */
export function showMessage(id, text) {
  byID(id).textContent = text;
  byID(id).hidden = text === '';
}

/** The name to show for somebody in the roster or in the lobby. */
export function nameOf(person) {
  return person.name || KINDS[person.kind] || ROLES[person.role] || 'Deltagare';
}

/** Fills the list of those who wait. `act(method, person)` is called on a button. */
export function showWaiting(waiting, act) {
  byID('waiting-room').hidden = waiting.length === 0;
  byID('waiting-count').textContent = `(${waiting.length})`;
  const contentOf = (person) => JSON.stringify(person);
  fill(byID('waiting'), waiting, contentOf, (person) => element('li', {},
    element('span', { className: 'name' }, nameOf(person)),
    element('span', { className: 'detail' }, descriptionOf(person)),
    element('span', { className: 'row' },
      action('Släpp in', () => act('lobby.admit', person), 'primary admit'),
      action('Neka', () => act('lobby.deny', person), 'deny'))));
}

/**
 * Fills the list of those in the call.
 * @param {object[]} participants
 * @param {{isStaff: boolean, pinned: Set<string>, speaking: Set<string>}} viewer
 * @param {(method: string, person: object) => void} act
 */
export function showParticipants(participants, viewer, act) {
  byID('participant-count').textContent = `(${participants.length})`;
  const contentOf = (person) => JSON.stringify([person, viewer.pinned.has(person.id)]);
  fill(byID('participants'), participants, contentOf, (person) => {
    const item = element('li', {},
      element('span', { className: 'name' }, nameOf(person) + (person.you ? ' (du)' : '')),
      element('span', { className: 'detail' }, descriptionOf(person)),
      element('span', { className: 'detail' }, conditionOf(person)));
    item.dataset.participant = person.id;
    if (!person.you) item.append(actionsFor(person, viewer, act));
    return item;
  });
  for (const item of byID('participants').children) {
    item.classList.toggle('speaking', viewer.speaking.has(item.dataset.participant));
  }
}

/**
 * Brings a list up to date. An entry that says the same as before keeps its element, so that
 * whoever is about to press a button in it can.
 */
function fill(list, people, contentOf, make) {
  const contents = people.map(contentOf);
  for (const item of [...list.children]) {
    if (!contents.includes(item.dataset.content)) item.remove();
  }
  contents.forEach((content, index) => {
    const there = list.children[index] ?? null;
    if (there?.dataset.content === content) return;
    const item = make(people[index]);
    item.dataset.content = content;
    list.insertBefore(item, there);
  });
  while (list.children.length > people.length) list.lastElementChild.remove();
}

function actionsFor(person, { isStaff, pinned }, act) {
  const row = element('span', { className: 'row' },
    action(pinned.has(person.id) ? 'Lossa' : 'Fäst', () => act('pin.set', person), 'pin'));
  if (isStaff) {
    const mute = person.muted_by_staff ? 'Tillåt mikrofon' : 'Stäng av mikrofon';
    row.append(action(mute, () => act('participant.mute', person), 'mute'));
  }
  if (isStaff && person.role !== 'staff') {
    row.append(
      action('Till väntrummet', () => act('participant.hold', person), 'hold'),
      action('Ta bort', () => act('participant.remove', person), 'remove'));
  }
  return row;
}

/** The tiles of the grid: one for each seat with a picture, made once and kept. */
export class Tiles {
  /** @type {Map<import('./samtal-media.js').Seat, HTMLElement>} */
  #tiles = new Map();

  /**
   * Brings a seat's tile up to date. A picture and its name appear together; a person whose
   * camera is off has a name and no picture.
   * @param {import('./samtal-media.js').Seat} seat
   * @param {object | undefined} person who sits there, from the roster
   * @param {boolean} isSpeaking
   */
  update(seat, person, isSpeaking) {
    if (seat.kind === 'voice') return;
    const tile = this.#tiles.get(seat) ?? this.#make(seat);
    const isSeated = person !== undefined && seat.participant === person.id;
    const hasSource = isSeated && (seat.kind === 'screen' || person.camera);
    const isTold = isSeated && (seat.hasPicture || !hasSource);
    tile.hidden = !isSeated;
    tile.classList.toggle('pictured', isSeated && hasSource && seat.hasPicture);
    tile.classList.toggle('speaking', isTold && isSpeaking);
    const name = isTold ? nameOf(person) : '';
    tile.querySelector('.name').textContent = seat.kind === 'screen' && name
      ? `${name} delar skärm` : name;
  }

  clear() {
    for (const tile of this.#tiles.values()) tile.remove();
    this.#tiles.clear();
  }

  #make(seat) {
    const tile = element('figure', { className: `tile ${seat.kind}` },
      seat.element, element('figcaption', { className: 'name' }));
    tile.dataset.seat = seat.seat;
    this.#tiles.set(seat, tile);
    byID('grid').append(tile);
    return tile;
  }
}

/** Makes an element; strings among the children become text. */
function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function action(label, onclick, className) {
  return element('button', { type: 'button', className, onclick }, label);
}

function descriptionOf(person) {
  const role = KINDS[person.kind] ?? ROLES[person.role] ?? '';
  const words = [role, person.responsible ? 'ansvarig' : '', IDENTIFIED[person.identified_by]];
  return words.filter(Boolean).join(' · ');
}

function conditionOf(person) {
  return [
    person.connection === 'reconnecting' && 'återansluter',
    person.connection === 'connecting' && 'ansluter',
    (!person.microphone || person.muted_by_staff) && 'mikrofon av',
    !person.camera && 'kamera av',
    person.hand_raised && 'räcker upp handen',
  ].filter(Boolean).join(' · ');
}
