// Things to carry away: a link to the game or to one of its moves, and its PGN.

import { toast } from "../base/toasts.js";
import { freshToken } from "../net/identity.js";
import { tableWords as words } from "../words.js";

function copy(text) {
  // The clipboard is only there on secure origins.
  return navigator.clipboard ? navigator.clipboard.writeText(text).then(() => true, () => false) : Promise.resolve(false);
}

/** Copies a link to a game, or to the position after ply moves if that is not null. */
export async function copyLink(id, ply) {
  const link = `${location.origin}/game/${id}${ply === null ? "" : `?ply=${ply}`}`;
  toast(await copy(link) ? words.copied : words.notCopied(link));
}

/** Copies a game's PGN. */
export async function copyPGN(id) {
  const token = await freshToken();
  const text = await fetch(`/api/games/${id}.pgn`, { headers: token ? { Authorization: `Bearer ${token}` } : {} })
    .then((answer) => (answer.ok ? answer.text() : null), () => null);
  const copied = text !== null && await copy(text);
  toast(copied ? words.pgnCopied : words.pgnNotCopied, copied ? "info" : "bad");
}
