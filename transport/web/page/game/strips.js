// The strips above and below the board: who sits there, whether they are here, what they took, what time they have.

import { format } from "./clocks.js";
import { el, setText } from "../base/dom.js";
import { drawPiece } from "../board/pieces.js";
import { playerLink } from "../player/link.js";
import { playerName, seatName, spokenTime, stripWords as words } from "../words.js";

export const hurry = 10000; // ms left from which a clock warns

export class Strip {
  root;
  #dot = el("span", { class: "dot", role: "img" });
  #name = el("span", { class: "name" });
  #note = el("span", { class: "note" });
  #taken = el("span", { class: "taken", "aria-hidden": "true" });
  #free = el("span", { class: "free-time", hidden: true });
  #clock = el("span", { class: "clock", role: "timer" });
  #shownTaken = "";
  #shownName = "";

  constructor() {
    this.root = el("div", { class: "strip" }, this.#dot,
      el("div", { class: "who" }, el("div", { class: "line" }, this.#name, this.#note), this.#taken), this.#free, this.#clock);
  }

  /** Shows one seat: {seat, player, me, active, taken, ahead, waiting, rated}; rated is what a game did to the rating. */
  show({ seat, player, me, active, taken, ahead, waiting, rated }) {
    this.root.dataset.seat = seat;
    this.root.classList.toggle("active", active);
    const here = player?.here ? words.here : words.away;
    this.#dot.className = `dot ${player?.here ? "here" : ""}`;
    this.#dot.hidden = !player;
    if (this.#dot.title !== here) {
      this.#dot.title = here;
      this.#dot.setAttribute("aria-label", here);
    }
    const name = player ? playerName(player, seat) : waiting ? words.free(seat) : seatName(seat);
    const named = `${player?.id ?? ""} ${name}`;
    if (named !== this.#shownName) { // a link that is made anew loses the focus
      this.#shownName = named;
      this.#name.replaceChildren(player ? playerLink(player, seat) : name);
    }
    this.#name.classList.toggle("free", !player);
    setText(this.#note, words.note(player, seat, me, rated));
    const key = taken.join("") + ahead;
    if (key !== this.#shownTaken) {
      this.#shownTaken = key;
      this.#taken.replaceChildren(...taken.map(drawPiece), ...(ahead > 0 ? [el("span", {}, `+${ahead}`)] : []));
    }
  }

  /**
   * Shows what is left of the seat's time in ms, undefined if there is no clock: {left, running, steady, type, resting}.
   * resting is what a delay clock still gives for nothing.
   */
  time({ left, running, steady, type, resting }) {
    this.#clock.hidden = left === undefined;
    this.#free.hidden = !(resting > 0);
    if (left === undefined) {
      return;
    }
    setText(this.#clock, format(left, type));
    if (resting > 0) {
      setText(this.#free, words.delay(resting));
    }
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
