// The strips above and below the board: who sits there, whether they are here, what they took, what time they have.

import { format } from "./clocks.js";
import { el, setText } from "../base/dom.js";
import { drawPiece } from "../board/pieces.js";
import { playerName, seatName, spokenTime } from "../words.js";

const hurry = 10000;

export class Strip {
  root;
  #dot = el("span", { class: "dot" });
  #name = el("span", { class: "name" });
  #note = el("span", { class: "note" });
  #taken = el("span", { class: "taken", "aria-hidden": "true" });
  #clock = el("span", { class: "clock", role: "timer" });
  #shownTaken = "";

  constructor() {
    this.root = el("div", { class: "strip" }, this.#dot,
      el("div", { class: "who" }, el("div", { class: "line" }, this.#name, this.#note), this.#taken), this.#clock);
  }

  /** Shows one seat: {seat, player, me, active, taken, ahead}. */
  show({ seat, player, me, active, taken, ahead, waiting }) {
    this.root.dataset.seat = seat;
    this.root.classList.toggle("active", active);
    this.#dot.className = `dot ${player?.here ? "here" : ""}`;
    this.#dot.title = !player ? "" : player.here ? "Here" : "Not connected";
    setText(this.#name, player ? playerName(player, seat) : waiting ? `${seatName(seat)} is free` : seatName(seat));
    this.#name.classList.toggle("free", !player);
    setText(this.#note, [me ? "you" : "", player?.rating ? String(player.rating) : "", player ? seatName(seat).toLowerCase() : ""]
      .filter(Boolean).join(" · "));
    const key = taken.join("") + ahead;
    if (key !== this.#shownTaken) {
      this.#shownTaken = key;
      this.#taken.replaceChildren(...taken.map(drawPiece), ...(ahead > 0 ? [el("span", {}, `+${ahead}`)] : []));
    }
  }

  /** Shows what is left of the seat's time in ms, undefined if there is no clock. */
  time(left, running, steady) {
    this.#clock.hidden = left === undefined;
    if (left === undefined) {
      return;
    }
    setText(this.#clock, format(left));
    this.#clock.classList.toggle("running", running);
    this.#clock.classList.toggle("low", left < hurry);
    this.#clock.classList.toggle("unsure", !steady);
    // Screen readers get the time when they ask, not each tenth of a second.
    const label = spokenTime(left - (left % 10000));
    if (this.#clock.getAttribute("aria-label") !== label) {
      this.#clock.setAttribute("aria-label", label);
    }
  }
}
