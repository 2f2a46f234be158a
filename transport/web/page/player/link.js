// Names that lead to their owner's page.

import { el } from "../base/dom.js";
import { playerName } from "../words.js";

/** A player's name as a link to their page; mere text if there is nobody. seat names an empty chair. */
export function playerLink(player, seat) {
  const name = playerName(player, seat);
  if (!player?.id) {
    return el("span", { class: "player" }, name);
  }
  return el("a", { class: "player", href: `/player/${encodeURIComponent(player.id)}` }, name);
}
