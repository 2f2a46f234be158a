// What a rated game did to the ratings of those who played it.

import { call } from "../net/api.js";
import { freshToken } from "../net/identity.js";

const tries = 12;
const pause = 1000; // ms; the ratings are worked out after the end, not with it

/**
 * Finds how a finished game changed its players' ratings: seat -> {rating, change}. A seat is absent if that can't be
 * found out, which is no reason to complain.
 */
export async function ratingChanges(game) {
  const found = {};
  for (let left = tries; left > 0; left--) {
    const token = await freshToken();
    for (const [seat, { id }] of Object.entries(game.players)) {
      found[seat] ??= await changeOf(id, game, token).catch(() => undefined);
    }
    if (Object.keys(game.players).every((seat) => found[seat])) {
      break;
    }
    await new Promise((done) => setTimeout(done, pause));
  }
  return found;
}

async function changeOf(player, game, token) {
  if (!player) {
    return undefined;
  }
  const { ratings } = await call("GET", `/api/players/${encodeURIComponent(player)}/ratings?kind=${game.kind}&limit=10`, { token });
  const one = ratings.find((change) => change.game === game.id);
  return one && { rating: one.rating, change: one.change };
}
