// A game of a kind that we have no board for: what the server tells, as readable JSON.

import { el, setText } from "../base/dom.js";
import { foreignWords as words } from "../words.js";

const kept = 200; // messages that are shown

export class Foreign {
  root;
  #players = el("p");
  #status = el("p", { role: "status" });
  #view = el("pre", { class: "json", tabindex: "0", "aria-label": words.view });
  #list = el("ol", { class: "json-lines" });

  constructor(kind) {
    this.root = el("div", { class: "foreign" }, el("section", { class: "card" }, el("h1", {}, words.title(kind)), el("p", {}, words.text), this.#players, this.#status),
      el("section", { class: "card" }, el("h2", {}, words.view), this.#view),
      el("section", { class: "card" }, el("h2", {}, words.messages), this.#list));
  }

  /** Shows the game's state, as far as it means the same in every kind. */
  show(game) {
    setText(this.#players, words.players(game.players ?? {}));
    setText(this.#status, [words.status[game.status] ?? game.status, words.toMove(game.turn), game.reason].filter(Boolean).join(" · "));
    setText(this.#view, JSON.stringify(game.view ?? {}, null, 2));
  }

  /** Adds a message. */
  add(message) {
    this.#list.append(el("li", {}, el("pre", { class: "json" }, JSON.stringify(message, null, 1).replace(/\n\s*/g, " "))));
    while (this.#list.children.length > kept) {
      this.#list.firstChild.remove();
    }
  }
}
