// The move list, and the buttons that step through it.

import { button, el, setText } from "../base/dom.js";
import { moveWords as words } from "../words.js";

// Pictures for the steps; fonts don't agree on arrows.
const arrows = {
  first: "M5 4 v12 M15 4 l-7 6 l7 6",
  back: "M13 4 l-7 6 l7 6",
  on: "M7 4 l7 6 l-7 6",
  last: "M15 4 v12 M5 4 l7 6 l-7 6",
};

const speeds = [1, 2, 4, 8, 16, 64];

/**
 * Moves calls pick(ply) when a position is chosen and play(speed | 0) when a replay shall start or stop.
 */
export class Moves {
  root;
  #list = el("ol", { class: "moves", "aria-label": words.list });
  #slider = el("input", { type: "range", min: "0", value: "0", "aria-label": words.position });
  #play = button(words.replay, () => this.#caller.play(this.#playing ? 0 : Number(this.#speed.value)), { class: "button", data: { do: "replay" } });
  #speed = el("select", { "aria-label": words.speed }, ...speeds.map((n) => el("option", { value: n }, words.times(n))));
  #steps = {};
  #replay;
  #caller;
  #shown = []; // positions that have a button, by identity
  #current = -1;
  #playing = false;

  constructor(caller) {
    this.#caller = caller;
    const step = (name, label, where) => {
      this.#steps[name] = button(arrow(arrows[name]), () => caller.pick(where()), { "aria-label": label, class: "button step", data: { step: name } });
      return this.#steps[name];
    };
    this.#slider.addEventListener("input", () => caller.pick(Number(this.#slider.value)));
    this.#speed.value = "4";
    this.#speed.addEventListener("change", () => this.#playing && caller.play(Number(this.#speed.value)));
    this.#replay = el("div", { class: "replay row" }, this.#play, this.#speed, this.#slider);
    this.root = el("section", { class: "card record", "aria-label": words.record }, this.#list,
      el("div", { class: "steps" },
        step("first", words.first, () => 0),
        step("back", words.back, () => Math.max(0, this.#current - 1)),
        step("on", words.on, () => Math.min(this.#shown.length - 1, this.#current + 1)),
        step("last", words.last, () => this.#shown.length - 1)),
      this.#replay);
  }

  /** Shows {line, known, current, over, playing}. */
  show({ line, known, current, over, playing }) {
    this.#fill(line);
    this.#list.dataset.empty = known ? words.none : words.reading;
    this.#replay.hidden = line.length < 2;
    this.#play.hidden = this.#speed.hidden = !over;
    this.#playing = playing;
    setText(this.#play, playing ? words.pause : words.replay);
    this.#slider.max = line.length - 1;
    this.#slider.value = current;
    this.#slider.setAttribute("aria-valuetext", words.positionAt(current, line.length - 1));
    this.#steps.first.disabled = this.#steps.back.disabled = current <= 0;
    this.#steps.on.disabled = this.#steps.last.disabled = current >= line.length - 1;
    if (current !== this.#current) {
      this.#current = current;
      this.#list.querySelector("[aria-current]")?.removeAttribute("aria-current");
      const chosen = this.#list.querySelector(`[data-ply="${current}"]`);
      chosen?.setAttribute("aria-current", "true");
      this.#reveal(chosen);
    }
  }

  // Keeps the buttons of positions that have not changed, and adds or removes at the end.
  #fill(line) {
    let same = 0;
    while (same < line.length && this.#shown[same] === line[same]) {
      same++;
    }
    if (same === line.length && same === this.#shown.length) {
      return;
    }
    const [, side, , , , number] = line[0].fen.split(" ");
    const offset = side === "b" ? 1 : 0;
    for (const old of this.#list.querySelectorAll("[data-ply]")) {
      if (Number(old.dataset.ply) >= same) {
        old.remove();
      }
    }
    for (const row of [...this.#list.children]) {
      if (!row.querySelector("[data-ply]")) {
        row.remove();
      }
    }
    for (const position of line.slice(Math.max(1, same))) {
      const half = position.ply - 1 + offset;
      const row = Math.floor(half / 2);
      if (this.#list.children.length <= row) {
        this.#list.append(el("li", {}, el("span", { class: "number" }, `${row + Number(number || 1)}.`),
          ...(half % 2 === 1 ? [el("span", { class: "gap" }, "…")] : [])));
      }
      this.#list.children[row].append(button(position.san ?? position.m, () => this.#caller.pick(position.ply), { data: { ply: position.ply } }));
    }
    this.#shown = [...line];
    this.#current = -1;
  }

  // scrollIntoView would scroll the page too, which on a phone takes the board away.
  #reveal(chosen) {
    const row = chosen?.parentElement;
    if (!row) {
      this.#list.scrollTop = 0;
    } else if (row.offsetTop < this.#list.scrollTop || row.offsetTop + row.offsetHeight > this.#list.scrollTop + this.#list.clientHeight) {
      this.#list.scrollTop = row.offsetTop - this.#list.clientHeight / 2;
    }
  }
}

function arrow(path) {
  const svg = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(svg, "svg");
  picture.setAttribute("viewBox", "0 0 20 20");
  picture.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(svg, "path");
  line.setAttribute("d", path);
  picture.append(line);
  return picture;
}
