// What is said to those who listen instead of looking: moves, clocks and what players ask of each other.

import { el } from "../base/dom.js";

const kept = 6;

export class Announcer {
  /** A log: what was said stays until it has been read out, also when several things happen at once. */
  root = el("div", { class: "unseen", role: "log", "aria-live": "polite" });

  say(text) {
    this.root.append(el("p", {}, text));
    while (this.root.children.length > kept) {
      this.root.firstChild.remove();
    }
  }
}
