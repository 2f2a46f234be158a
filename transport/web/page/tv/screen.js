// One watched game as a picture that leads to it.

import { el, setText } from "../base/dom.js";
import { MiniBoard } from "../board/mini.js";
import { clockName, ending, playerName, tv as say } from "../words.js";

export class Screen {
  root;
  id;
  #mini = new MiniBoard();
  #link;
  #result = el("p", { class: "badge", hidden: true });
  #note = el("span", { class: "note" });

  constructor(id) {
    this.id = id;
    this.#link = el("a", { class: "whole", href: `/game/${id}` }, say.openGame);
    this.#mini.root.setAttribute("aria-hidden", "true"); // until there is something on it
    this.root = el("article", { class: "screen loading", data: { game: id } },
      this.#mini.root, this.#result, el("p", { class: "caption" }, this.#note, this.#link));
  }

  /** Shows a game as game.js keeps it. */
  show(game) {
    this.root.classList.remove("loading");
    this.#mini.root.removeAttribute("aria-hidden");
    this.root.classList.toggle("over", game.over);
    const { score, title } = game.over ? ending(game) : {};
    this.#result.hidden = !game.over;
    setText(this.#result, game.over ? `${score} ${title}`.trim() : "");
    const names = ["white", "black"].map((seat) => playerName(game.players[seat], seat));
    setText(this.#note, [clockName(game.clock), game.rated ? say.rated : "", game.notices.watchers > 1 ? say.watching(game.notices.watchers) : ""]
      .filter(Boolean).join(" · "));
    const label = say.openGameOf(...names);
    if (this.#link.getAttribute("aria-label") !== label) {
      this.#link.setAttribute("aria-label", label);
    }
    this.#mini.show({ position: game.position, flipped: false, players: game.players, clock: game.clock, turn: game.turn, over: game.over });
  }

  /** Shows that the game can't be watched. */
  miss() {
    this.root.classList.remove("loading");
    this.root.classList.add("missing");
    this.#link.hidden = true;
    this.#result.hidden = false;
    setText(this.#result, say.notToSee);
  }
}
