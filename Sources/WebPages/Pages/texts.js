// The words of the page, by the words of the protocol.

export const ROLES = { staff: 'Vårdpersonal', patient: 'Patient', proxy: 'Ombud', guest: 'Gäst' };

export const KINDS = { interpreter: 'Tolk', relative: 'Anhörig', colleague: 'Kollega' };

export const IDENTIFIED = {
  e_id: 'e-legitimation',
  staff: 'inloggad personal',
  personal_link: 'personlig länk',
  general_link: 'allmän länk',
  unverified: 'ej verifierad',
};

/** Reasons of refusals that a person can meet. */
export const REFUSALS = {
  no_call: 'Samtalet har inte startat än. Försök igen om en stund.',
  call_ended: 'Samtalet är avslutat.',
  waiting_for_staff: 'Just nu är ingen vårdpersonal i samtalet. Försök igen om en stund.',
  denied: 'Du släpptes inte in. Du kan försöka igen om en minut.',
  barred: 'Du har tagits bort från samtalet.',
  call_full: 'Samtalet är fullt.',
  name_required: 'Skriv ditt namn, så att vårdpersonalen ser vem som väntar.',
  invite_expired: 'Länken har slutat gälla.',
  invite_revoked: 'Länken gäller inte längre.',
  invite_not_yet_valid: 'Länken gäller inte än.',
  invite_not_found: 'Länken gäller inte.',
  invite_refused: 'Länken gäller inte.',
  token_refused: 'Länken gäller inte.',
  token_expired: 'Länken har slutat gälla. Logga in på nytt.',
  resumed_elsewhere: 'Samtalet är öppet i en annan flik.',
  idle: 'Du har varit inaktiv för länge. Logga in på nytt.',
  expired: 'Tiden för inloggningen är slut. Logga in på nytt.',
  revoked: 'Du har inte längre tillgång till besöket.',
  visit_closed: 'Besöket är avslutat.',
  visit_cancelled: 'Besöket är inställt.',
  overloaded: 'Servern har för mycket att göra just nu. Försök igen om en stund.',
  connection_lost: 'Ingen kontakt med servern.',
};

/** What the one who waited is told when the waiting is over without an admission. */
export const ENDINGS = {
  denied: ['Du släpptes inte in', 'Du kan försöka igen om en minut.'],
  removed: ['Du har tagits bort från samtalet'],
};
