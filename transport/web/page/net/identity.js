// Who we are: a guest, made at the first need and kept in this browser. A site with people of its own may put one of them
// where the guest is kept; all that differs is that such a name is the site's to change, and that rated games are possible.

import { call } from "./api.js";
import { choices, guest } from "../base/memory.js";
import { friendlyName } from "../words.js";

const renewBefore = 2 * 3600 * 1000;

// A browser that keeps nothing still has this page's own memory.
let here = guest.get();

/** The person we are if the token is still good, else null. */
export function whoAmI() {
  return here && here.expires > Date.now() ? here : null;
}

/** Whether a player, by id, has no account. Ratings are for those who have one. */
export function isGuest(player) {
  return !player || player.startsWith("g_");
}

/** The name we last went by; tokens expire, names stay. */
export function lastName() {
  return here?.name ?? "";
}

/** The name we go by, or would: nobody has to think of one before the first game. */
export function nameToGoBy() {
  const { name } = choices.get();
  if (here?.name || name) {
    return here?.name || name;
  }
  const made = friendlyName();
  choices.set({ ...choices.get(), name: made });
  return made;
}

/**
 * Goes by another name from now on. A guest stays the same guest, seats and all; somebody who is nobody yet only
 * chooses. Throws a Refusal.
 */
export async function rename(name) {
  choices.set({ ...choices.get(), name });
  if (here) {
    here = await call("POST", "/api/guests", { token: here.token, body: { name } });
    guest.set(here);
  }
}

// Seats of an earlier guest stay with the earlier one.
async function becomeGuest(name) {
  here = await call("POST", "/api/guests", { body: { name } });
  guest.set(here);
  return here;
}

let asked = false; // for a renewal, since the page was opened

/**
 * A token that is good for a while, or null if we are nobody. A token about to expire is shown to the server, which may
 * give the same guest a new one. Another guest is of no use to somebody who has seats.
 */
export async function freshToken() {
  const me = whoAmI();
  if (!me) {
    return null;
  }
  if (me.expires - Date.now() < renewBefore && !asked && isGuest(me.player)) {
    asked = true;
    const renewed = await call("POST", "/api/guests", { token: me.token, body: { name: me.name } }).catch(() => null);
    if (renewed?.player === me.player) {
      here = renewed;
      guest.set(here);
      asked = false;
    }
  }
  return here.token;
}

/**
 * Does something as a guest of this name: as the one we are if there is one, else as a new one, and as a new one too if
 * the server does not know our token any more. deed gets the token.
 */
export async function asGuest(name, deed) {
  const me = whoAmI();
  if (me) {
    try {
      return await deed(await freshToken());
    } catch (error) {
      if (error.code !== "unauthorized") {
        throw error;
      }
    }
  }
  const made = await becomeGuest(name);
  return deed(made.token);
}

/** Reads something as who we are; as nobody if the server does not believe our token. */
export async function readAs(path) {
  try {
    return await call("GET", path, { token: await freshToken() });
  } catch (error) {
    if (error.code !== "unauthorized" || !whoAmI()) {
      throw error;
    }
    forgetToken();
    return call("GET", path);
  }
}

/** Forgets a token that the server does not take any more. */
export function forgetToken() {
  if (here) {
    here = { ...here, expires: 0 };
    guest.set(here);
  }
}

/**
 * Shows the server a token that has expired, or soon will: a guest it still knows gets a new one. Tells whether we are
 * the same person as before, with a token that is good.
 */
export async function renewToken() {
  if (!here) {
    return false;
  }
  const renewed = await call("POST", "/api/guests", { token: here.token, body: { name: here.name } }).catch(() => null);
  if (renewed?.player !== here.player) {
    return false;
  }
  here = renewed;
  guest.set(here);
  return true;
}
