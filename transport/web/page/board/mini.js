// A small board that is only looked at, with names and clocks: many of them on one screen must cost little. Its squares
// are one picture of the style sheet, and only the marks and pieces are elements.

import { el, setText } from "../base/dom.js";
import { format, remaining } from "../game/clocks.js";
import { Layer } from "./layer.js";
import { kingToMove, piecesOf, placeOf, squaresOf } from "./position.js";
import { miniWords, playerName, ratingOf } from "../words.js";

const tick = 200;
const shown = new Set(); // boards whose clocks run, while they are in the document
let timer = 0;

export class MiniBoard {
  root;
  #board = el("div", { class: "board mini-board", role: "img" });
  #marks = [0, 1, 2].map((i) => el("div", { class: `mark ${i === 2 ? "check" : "last"}`, hidden: true }));
  #layer = new Layer();
  #bars = { top: new Bar(), bottom: new Bar() };
  #show = null;
  #fen = "";

  constructor() {
    this.#board.append(...this.#marks, this.#layer.root);
    this.root = el("div", { class: "mini" }, this.#bars.top.root, this.#board, this.#bars.bottom.root);
  }

  /**
   * Shows a game: {position: {fen, m, check}, flipped, players: {white: {name, rating}, black}, clock: {type, left, run,
   * delay, at}, turn: [seat], over}. clock.at is performance.now() when left was true; clock may be absent. over is
   * false, true, or the score as a text ("1–0").
   */
  show(next) {
    const before = this.#show;
    this.#show = next;
    const { position, flipped, players, turn = [], over } = next;
    if (position.fen !== this.#fen || before?.flipped !== flipped || before?.position.m !== position.m) {
      this.#fen = position.fen;
      const pieces = piecesOf(position.fen);
      const check = position.check ? kingToMove(position.fen, pieces) : undefined;
      [...(position.m ? squaresOf(position.m) : [undefined, undefined]), check].forEach((square, i) => this.#mark(i, square));
      this.#layer.show(pieces, flipped);
    }
    const label = miniWords.label(players, turn[0], over);
    if (this.#board.getAttribute("aria-label") !== label) {
      this.#board.setAttribute("aria-label", label);
    }
    for (const [place, seat] of this.#seats()) {
      this.#bars[place].show(players?.[seat], seat, turn.includes(seat), typeof over === "string" && place === "top" ? over : "");
    }
    this.tick(performance.now());
    if (next.clock?.run?.length > 0 && !over) {
      shown.add(this);
      timer ||= setInterval(tickAll, tick);
    } else {
      shown.delete(this);
    }
  }

  /** Shows the clocks as they are at a moment; it is called by itself as long as the board is in the document. */
  tick(now) {
    const { clock, over } = this.#show;
    for (const [place, seat] of this.#seats()) {
      const left = clock ? remaining(clock, seat, now) : undefined;
      this.#bars[place].time(left, !over && Boolean(clock?.run?.includes(seat)), clock?.type);
    }
  }

  #seats() {
    return this.#show.flipped ? [["top", "white"], ["bottom", "black"]] : [["top", "black"], ["bottom", "white"]];
  }

  #mark(i, square) {
    const mark = this.#marks[i];
    mark.hidden = square === undefined;
    if (square) {
      const [column, row] = placeOf(square, this.#show.flipped);
      mark.style.transform = `translate(${column * 100}%, ${row * 100}%)`;
    }
  }
}

function tickAll() {
  const now = performance.now();
  for (const board of shown) {
    if (board.root.isConnected) {
      board.tick(now);
    } else {
      shown.delete(board);
    }
  }
  if (shown.size === 0) {
    clearInterval(timer);
    timer = 0;
  }
}

/** A line above or below the small board. */
class Bar {
  root;
  #name = el("span", { class: "mini-name" });
  #rating = el("span", { class: "mini-rating" });
  #score = el("span", { class: "mini-score" });
  #clock = el("span", { class: "mini-clock" });

  constructor() {
    this.root = el("div", { class: "mini-bar" }, this.#name, this.#rating, this.#score, this.#clock);
  }

  show(player, seat, active, score) {
    setText(this.#name, playerName(player, seat));
    setText(this.#rating, ratingOf(player));
    setText(this.#score, score);
    this.root.classList.toggle("active", active);
    this.root.dataset.seat = seat;
  }

  time(left, running, type) {
    this.#clock.hidden = left === undefined;
    if (left !== undefined) {
      setText(this.#clock, format(left, type));
      this.#clock.classList.toggle("running", running);
      this.#clock.classList.toggle("low", left < 10000);
    }
  }
}
