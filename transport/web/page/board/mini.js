// A small board to look at: a picture of pieces with two names and two clocks. Many of them move at once, so it draws
// only what has changed.

import { el, setText } from "../base/dom.js";
import { format, remaining } from "../game/clocks.js";
import { drawPiece } from "./pieces.js";
import { piecesOf, squaresOf } from "./position.js";
import { playerName } from "../words.js";

const files = "abcdefgh";

export class MiniBoard {
  root;
  #last;
  #layer;
  #strips = { top: strip(), bottom: strip() };
  #standing = new Map(); // square -> {code, picture}
  #fen = "";
  #flipped = false;

  constructor() {
    this.#last = [el("div", { class: "mark", hidden: true }), el("div", { class: "mark", hidden: true })];
    this.#layer = el("div", { class: "pieces" });
    this.root = el("div", { class: "mini" }, this.#strips.top.root,
      el("div", { class: "mini-board", "aria-hidden": "true" }, ...this.#last, this.#layer), this.#strips.bottom.root);
  }

  /** Shows {position: {fen, m}, flipped, players, clock, turn, over}; clock as game.js keeps it, with the moment "at". */
  show({ position, flipped = false, players = {}, clock, turn = [], over = false }) {
    if (position && (position.fen !== this.#fen || flipped !== this.#flipped)) {
      this.#fen = position.fen;
      this.#flipped = flipped;
      this.#place(piecesOf(position.fen));
    }
    const squares = squaresOf(position?.m);
    this.#last.forEach((mark, i) => {
      mark.hidden = !squares[i];
      if (squares[i]) {
        mark.style.transform = this.#at(squares[i]);
      }
    });
    const seats = flipped ? { top: "white", bottom: "black" } : { top: "black", bottom: "white" };
    for (const [place, seat] of Object.entries(seats)) {
      const { root, name, rating, time } = this.#strips[place];
      const left = clock?.left ? remaining(clock, seat, performance.now()) : undefined;
      root.classList.toggle("active", !over && turn.includes(seat));
      setText(name, playerName(players[seat], seat));
      setText(rating, players[seat]?.rating ? String(players[seat].rating) : "");
      setText(time, left === undefined ? "" : format(left));
    }
  }

  #place(pieces) {
    const gone = [];
    for (const [square, one] of this.#standing) {
      if (pieces.get(square) !== one.code) {
        gone.push(one);
        this.#standing.delete(square);
      }
    }
    for (const [square, code] of pieces) {
      if (!this.#standing.has(square)) {
        const i = gone.findIndex((one) => one.code === code);
        const one = i >= 0 ? gone.splice(i, 1)[0] : { code, picture: drawPiece(code) };
        if (i < 0) {
          this.#layer.append(one.picture);
        }
        this.#standing.set(square, one);
      }
    }
    gone.forEach((one) => one.picture.remove());
    for (const [square, one] of this.#standing) {
      one.picture.style.transform = this.#at(square);
    }
  }

  #at(square) {
    const [file, rank] = [files.indexOf(square[0]), Number(square[1])];
    const [column, row] = this.#flipped ? [7 - file, rank - 1] : [file, 8 - rank];
    return `translate(${column * 100}%, ${row * 100}%)`;
  }
}

function strip() {
  const name = el("span", { class: "mini-name" });
  const rating = el("span", { class: "mini-rating" });
  const time = el("span", { class: "mini-time" });
  return { root: el("div", { class: "mini-strip" }, name, rating, time), name, rating, time };
}
