// The page of one call, for staff, patient and guest: what each may do comes from the server.

import { Devices } from './devices.js';
import { Door } from './door.js';
import { SamtalError, SamtalMedia, SamtalSession, signalURL } from './samtal.js';
import { ENDINGS, REFUSALS } from './texts.js';
import {
  Tiles, byID, show, showMessage, showNotice, showParticipants, showWaiting,
} from './view.js';

/** Where a reload finds its way back; gone with the tab. */
const LINK = 'samtal.link';
const RESUMPTION = 'samtal.session';

const devices = new Devices();
const door = new Door(devices, { join, decline, chose: sendTracks });
const tiles = new Tiles();

/** @type {SamtalSession} */
let session;
/** @type {SamtalMedia | null} */
let media = null;
let you = {};
let iceServers = [];
/** @type {'out' | 'lobby' | 'call'} */
let place = 'out';
let call = null;
/** Whether the session is of no use any more. */
let isOver = false;
/** Whether staff is ringing this patient now. */
let isRinging = false;
/** @type {Map<string, any>} who is in the call, by participant */
const roster = new Map();
let waiting = [];
let speaking = new Set();
const pinned = new Set();
/** What this person has switched on. */
const wanted = { microphone: true, camera: true };

// Opening and reopening

/** Takes the link's secret out of the address bar, so that it is neither seen nor copied. */
function takeLink() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const kind = ['token', 'invite'].find((name) => fragment.has(name));
  if (kind === undefined) return;
  sessionStorage.setItem(LINK, JSON.stringify({ [kind]: fragment.get(kind) }));
  sessionStorage.removeItem(RESUMPTION);
  history.replaceState(null, '', location.pathname);
}

async function enter() {
  showNotice('Ansluter …');
  const link = JSON.parse(sessionStorage.getItem(LINK));
  const resumption = JSON.parse(sessionStorage.getItem(RESUMPTION));
  if (link === null) {
    showNotice('Länken saknas', 'Öppna länken som du har fått.');
    return;
  }
  try {
    await openSession(resumption ? { resume: resumption } : link);
  } catch (error) {
    if (resumption && error.reason !== 'connection_lost') {
      sessionStorage.removeItem(RESUMPTION);
      await enter();
      return;
    }
    showNotice('Det går inte att öppna länken', explain(error), 'Försök igen');
  }
}

async function openSession(credentials) {
  session?.close();
  isOver = false;
  session = new SamtalSession(signalURL(), clientDescription());
  // For looking at statistics from the browser's console.
  globalThis.samtal = { session, roster, get media() { return media; } };
  const on = (type, handler) => session.addEventListener(type, (e) => handler(e.detail));
  on('session.opened', () => showMessage('connection', ''));
  on('session.interrupted', () => showMessage('connection', 'Återansluter …'));
  on('session.ended', sessionEnded);
  for (const [method, handler] of Object.entries(NOTIFICATIONS)) on(method, handler);
  const first = await session.open(credentials);
  on('session.opened', opened);
  await opened(first);
}

function clientDescription() {
  const isPhone = matchMedia('(pointer: coarse) and (max-width: 45rem)').matches;
  return {
    name: 'samtal-pages', version: '1', device: isPhone ? 'phone' : 'computer',
    language: navigator.language,
  };
}

/** After the first opening, and after each resume. */
async function opened(result) {
  ({ you, ice_servers: iceServers } = result);
  sessionStorage.setItem(RESUMPTION, JSON.stringify(session.resumption));
  byID('clinic').textContent = result.clinic.name;
  byID('heading').textContent = result.visit?.heading ?? '';
  if (result.snapshot) {
    const own = result.snapshot.roster?.find((participant) => participant.you);
    if (own) Object.assign(wanted, { microphone: own.microphone, camera: own.camera });
    await takeSnapshot(result.snapshot);
  } else if (place === 'out') {
    await showDoor();
  }
}

/** Ends of a session that have been shown in words of their own before. */
const TOLD = new Set(['denied', 'removed', 'call_ended', 'after_call_over']);

function sessionEnded({ reason }) {
  if (reason === 'closed_here') return;
  leaveMedia();
  devices.close();
  sessionStorage.removeItem(RESUMPTION);
  if (!TOLD.has(reason)) showNotice('Anslutningen är avslutad', REFUSALS[reason] ?? '', 'Anslut igen');
}

function explain(error) {
  if (!(error instanceof SamtalError)) throw error;
  return REFUSALS[error.reason] ?? error.message;
}

// At the door

async function showDoor(message = '') {
  leaveMedia();
  await door.show({ you, hasCall: call !== null, isRinging }, message);
}

/** Goes to the lobby or into the call, as the server says. */
async function join() {
  byID('join').disabled = true;
  try {
    const { place: at, snapshot } = await requestEntry();
    await takeSnapshot({ ...snapshot, place: at });
  } catch (error) {
    // The link turned out to name nobody, or somebody else: the door asks for the name.
    if (error.reason === 'name_required') you = { ...you, name: undefined, role: 'guest' };
    await showDoor(explain(error));
    return;
  }
  await ask('self.update', ownSwitches());
}

/** Staff starts the call where there is none; a patient who is being rung answers. */
async function requestEntry() {
  if (isRinging) {
    isRinging = false;
    const accepted = await session.request('call.accept');
    if (accepted?.place) return accepted;
  }
  if (you.role === 'staff' && call === null) {
    try {
      return await session.request('call.start');
    } catch (error) {
      if (error.reason !== 'call_exists') throw error;
    }
  }
  return session.request('call.join', door.name === '' ? {} : { name: door.name });
}

async function decline() {
  isRinging = false;
  await ask('call.decline');
  await showDoor();
}

// In the lobby and in the call

/** What stands above the lobby while staff rings somebody who waits there. */
const RINGING = 'Vården ringer upp dig';

/** Makes the page show what the server says that this person may see now. */
async function takeSnapshot(snapshot) {
  place = snapshot.place ?? snapshot.call?.place ?? 'out';
  call = snapshot.call?.id ? snapshot.call : null;
  isRinging = snapshot.request !== undefined;
  roster.clear();
  for (const participant of snapshot.roster ?? []) roster.set(participant.id, participant);
  waiting = snapshot.lobby ?? [];
  speaking = new Set(snapshot.speakers ?? []);
  if (place === 'out') {
    await showDoor();
    return;
  }
  startMedia();
  media.applySeats(snapshot.seats ?? []);
  await media.setAdmitted(place === 'call');
  if (place === 'lobby') showLobby(isRinging ? RINGING : 'Du väntar på att släppas in');
  if (place === 'call') showCall();
}

function startMedia() {
  if (media !== null) return;
  const { personSeats, mostPersonSeats } = document.body.dataset;
  media = new SamtalMedia(session, iceServers, {
    personSeats: Number(personSeats), mostPersonSeats: Number(mostPersonSeats),
  });
  media.addEventListener('seat', () => render());
  media.addEventListener('lost', () => restartMedia());
  media.negotiate().catch((error) => showMessage('call-message', explain(error)));
  devices.open().then(sendTracks);
}

/** A transport that was silent for too long is over: the server wants a new one. */
async function restartMedia() {
  media.close();
  media = null;
  tiles.clear();
  startMedia();
  await media.setAdmitted(place === 'call');
}

function showLobby(title) {
  byID('lobby-title').textContent = title;
  byID('answer').hidden = !isRinging;
  byID('lobby-preview').append(devices.preview);
  show('lobby');
}

function showCall() {
  byID('self-preview').append(devices.preview);
  byID('end').hidden = you.role !== 'staff';
  render();
  show('call');
}

function leaveMedia() {
  media?.close();
  media = null;
  tiles.clear();
  roster.clear();
  waiting = [];
  pinned.clear();
  showMessage('call-message', '');
}

/** Out of the call, with the session still open: the way back is the door. */
function out(title, text = '') {
  place = 'out';
  call = null;
  leaveMedia();
  devices.close();
  showNotice(title, text, 'Gå med igen');
}

async function leave() {
  await ask('call.leave');
  out('Du har lämnat samtalet');
}

// Own microphone and camera

const ownSwitches = () => ({
  microphone: wanted.microphone && devices.tracks.microphone !== null,
  camera: wanted.camera && devices.tracks.camera !== null,
});

const self = () => [...roster.values()].find((participant) => participant.you);

const isSending = (source) => wanted[source] && !(source === 'microphone' && self()?.muted_by_staff);

async function toggle(source) {
  wanted[source] = !isSending(source);
  await ask('self.update', { [source]: wanted[source] });
  await sendTracks();
  render();
}

async function sendTracks() {
  await Promise.all(['microphone', 'camera'].map((source) =>
    media?.setTrack(source, isSending(source) ? devices.tracks[source] : null)));
}

// What the server tells

const NOTIFICATIONS = {
  'call.requested': () => {
    isRinging = true;
    if (place === 'out') showDoor();
    if (place === 'lobby') showLobby(RINGING);
  },
  'call.answered': () => {
    isRinging = false;
    if (place === 'lobby') showLobby('Du väntar på att släppas in');
  },
  'call.started': (started) => {
    call = started.call;
    showMessage('call-message', '');
    if (document.body.dataset.view === 'door') showDoor();
  },
  'call.ended': () => {
    isRinging = false;
    // What the session of anybody but staff was for is over: the way back begins at the link.
    if (you.role !== 'staff') {
      isOver = true;
      sessionStorage.removeItem(RESUMPTION);
    }
    out('Samtalet är avslutat', 'Du kan stänga sidan.');
  },
  'call.waiting_for_staff': ({ ends_at: endsAt }) => {
    const time = new Date(endsAt).toLocaleTimeString('sv-SE', { timeStyle: 'short' });
    showMessage('call-message',
      `Vårdpersonalen har tappat kontakten. Samtalet är öppet till ${time}.`);
  },
  'lobby.changed': (change) => { waiting = change.waiting; render(); },
  'lobby.status': async ({ status, snapshot }) => {
    if (status in ENDINGS) {
      out(...ENDINGS[status]);
    } else if (status === 'admitted') {
      await takeSnapshot({ ...snapshot, place: 'call' });
    } else if (status === 'held') {
      await takeSnapshot({ place: 'lobby' });
      showLobby('Vårdpersonalen har bett dig vänta');
    }
  },
  'participant.joined': ({ participant }) => seen(participant),
  'participant.changed': ({ participant }) => seen(participant),
  'participant.left': ({ participant }) => {
    roster.delete(participant);
    pinned.delete(participant);
    render();
  },
  'speakers.changed': ({ participants }) => { speaking = new Set(participants); render(); },
};

function seen(participant) {
  roster.set(participant.id, participant);
  if (participant.you) sendTracks();
  media?.makeRoom(roster.size - 1).catch((error) => showMessage('call-message', explain(error)));
  render();
}

// Drawing

function render() {
  if (media === null) return;
  for (const seat of media.seats) {
    tiles.update(seat, roster.get(seat.participant), speaking.has(seat.participant));
  }
  for (const [source, label] of [['microphone', 'Mikrofon'], ['camera', 'Kamera']]) {
    byID(source).setAttribute('aria-pressed', String(isSending(source)));
    byID(source).textContent = `${label} ${isSending(source) ? 'på' : 'av'}`;
  }
  showWaiting(waiting, act);
  const viewer = { isStaff: you.role === 'staff', pinned, speaking };
  showParticipants([...roster.values()], viewer, act);
}

/** A button beside a person. */
async function act(method, { id, participant = id, muted_by_staff: isMuted }) {
  const params = { participant };
  if (method === 'participant.mute') params.muted = !isMuted;
  if (method === 'pin.set') {
    if (!pinned.delete(participant)) pinned.add(participant);
    params.pins = [...pinned].map((id) => ({ participant: id, source: 'camera' }));
    delete params.participant;
  }
  await ask(method, params);
  render();
}

/** A request whose refusal is shown and changes nothing. */
async function ask(method, params) {
  try {
    return await session.request(method, params);
  } catch (error) {
    showMessage('call-message', explain(error));
    return undefined;
  }
}

function onClick(id, handler) {
  byID(id).addEventListener('click', () => handler());
}

onClick('microphone', () => toggle('microphone'));
onClick('camera', () => toggle('camera'));
onClick('answer', () => ask('call.accept'));
onClick('lobby-leave', leave);
onClick('leave', leave);
onClick('end', () => ask('call.end'));
onClick('admit-all', () => ask('lobby.admit_all'));
onClick('retry', () => (session?.isOpen && !isOver ? showDoor() : enter()));
window.addEventListener('hashchange', () => location.reload());

takeLink();
enter();
