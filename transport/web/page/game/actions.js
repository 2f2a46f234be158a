// The buttons of a player: each says what it will do.

import { confirm } from "../base/dialogs.js";
import { button } from "../base/dom.js";
import { playerName, wishes } from "../words.js";

/** Lists the buttons for what is known: {key, build}; see cards.js for what table is. */
export function actions(table) {
  const { game, ask } = table;
  const list = [];
  const add = (key, label, act, props = {}) => list.push({
    key: `${key}|${label}|${props.disabled ?? ""}`,
    build: () => button(label, act, { class: "button", ...props, data: { wish: key } }),
  });
  if (game.seat && !game.over) {
    const moved = game.line.some((position) => position.seat === game.seat) || !game.lineKnown;
    const timed = game.clock.type === "fischer" || game.clock.type === "delay";
    const opponent = playerName(game.players[game.other()], game.other());
    if (game.status === "open") {
      add("abort", wishes.withdraw, () => ask("abort"));
    } else if (!moved) {
      add("abort", wishes.abort, () => ask("abort"));
    }
    if (game.status === "live") {
      const draw = game.offer("draw");
      add("draw-offer", wishes["draw-offer"], () => ask("draw-offer"), { disabled: draw !== undefined });
      add("takeback-offer", wishes["takeback-offer"], () => ask("takeback-offer"), { disabled: !moved || game.offer("takeback") !== undefined });
      if (timed) {
        add("add-time", wishes["add-time"], () => ask("add-time"), { title: `Gives ${opponent} 15 seconds` });
      }
      add("draw-claim", wishes["draw-claim"], () => ask("draw-claim"), {
        disabled: !game.turn.includes(game.seat), title: "Threefold repetition, or fifty moves without capture and pawn move",
      });
      add("resign", wishes.resign, () => resign(ask, opponent), { class: "button quiet-danger" });
    }
  }
  return list;
}

async function resign(ask, opponent) {
  if (await confirm("Resign the game?", `${opponent} wins at once.`, "Resign", "Keep playing")) {
    ask("resign");
  }
}
