// Making a game and sitting down in one.

import { insist, newID } from "../net/api.js";
import { asGuest, nameToGoBy } from "../net/identity.js";
import { seats } from "../base/memory.js";

/** Makes a game of chess; a guest is made too if we are nobody. Throws a Refusal. */
export async function create(terms) {
  const body = { id: newID(), kind: "chess", ...terms };
  const made = await asGuest(nameToGoBy(), (token) => insist("/api/games", { token, body }));
  seats.add({ game: made.game, seat: made.seat, clock: terms.clock, invites: made.invites });
  return made;
}

/** Takes a seat and goes to the game. Throws a Refusal. */
export async function sitDown(game, seat = "any") {
  const body = { id: newID() };
  const path = `/api/games/${game}/seats/${encodeURIComponent(seat)}`;
  const sat = await asGuest(nameToGoBy(), (token) => insist(path, { token, body }));
  seats.add({ game, seat: sat.seat });
  location.assign(`/game/${game}`);
}

/** Ends a game that has not begun: one's own, or one that was offered to us. Throws a Refusal. */
export async function callOff(game) {
  const body = { t: "abort", id: newID(), v: 1 };
  await asGuest(nameToGoBy(), (token) => insist(`/api/games/${game}/commands`, { token, body }));
  seats.drop(game);
}
