// The buttons of a player: each says what it will do.

import { confirm } from "../base/dialogs.js";
import { button } from "../base/dom.js";
import { playerName, resignWords, wishTitles, wishes } from "../words.js";

/** Lists the buttons for what is known: {key, build}; see cards.js for what table is. */
export function actions(table) {
  const { game, ask } = table;
  const list = [];
  if (!game.seat || game.over) {
    return list;
  }
  const opponent = playerName(game.players[game.other()], game.other());
  const add = (wish, { act = () => ask(wish), words = wish, disabled = false, kind = "button", more } = {}) => {
    const title = wishTitles[words](opponent, more);
    list.push({
      key: `${words}|${title}|${disabled}`,
      build: () => button(wishes[words], act, { class: kind, disabled, title, data: { wish } }),
    });
  };
  const moved = game.line.some((position) => position.seat === game.seat) || !game.lineKnown;
  if (game.status === "open") {
    add("abort", { words: "withdraw" });
  } else if (!moved) {
    add("abort");
  }
  if (game.status === "live") {
    // Our last move alone if there is no answer to it yet, else both.
    const plies = game.turn.includes(game.seat) ? 2 : 1;
    add("draw-offer", { disabled: game.offer("draw") !== undefined });
    add("takeback-offer", { disabled: !moved || game.offer("takeback") !== undefined, more: plies });
    if (game.timed) {
      add("add-time");
    }
    add("draw-claim", { disabled: !game.turn.includes(game.seat) });
    add("resign", { act: () => resign(ask, opponent), kind: "button quiet-danger" });
  }
  return list;
}

async function resign(ask, opponent) {
  if (await confirm(resignWords.title, resignWords.text(opponent), resignWords.yes, resignWords.no)) {
    ask("resign");
  }
}
