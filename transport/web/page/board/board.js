// The board: 64 buttons below, pieces above them, and a chooser for promotions. It draws what it is told and reports
// which two squares were chosen among those it was told are allowed.

import { button, el } from "../base/dom.js";
import { drawPiece, nameOf } from "./pieces.js";
import { kingToMove, piecesOf, promotes, squaresOf } from "./position.js";

const files = "abcdefgh";
const names = { q: "Queen", n: "Knight", r: "Rook", b: "Bishop" };

export class Board {
  root;
  #squares = new Map(); // square -> button
  #layer;
  #standing = new Map(); // square -> {code, picture}
  #show = { flipped: false, legal: null };
  #selected = null;
  #focus = "e2";
  #chooser = null;
  #onmove;

  /** onmove(m) is called with a move in UCI. Without it the board is a picture. */
  constructor(onmove) {
    this.#onmove = onmove;
    const grid = el("div", { class: "squares" });
    this.#layer = el("div", { class: "pieces" });
    this.root = el("div", { class: "board", role: "group", "aria-label": "Chess board" }, grid, this.#layer);
    for (let row = 0; row < 8; row++) {
      for (let column = 0; column < 8; column++) {
        grid.append(onmove ? button("", (event) => this.#clicked(event.currentTarget.dataset.square)) : el("div"));
      }
    }
    this.#lay();
    if (onmove) {
      grid.addEventListener("keydown", (event) => this.#key(event));
    }
  }

  /**
   * Shows a position: {position: {fen, m, check}, flipped, legal, pending}. legal is what may be chosen (from -> the
   * squares it may go to, concatenated) or null; pending is a move that was sent and not answered.
   */
  show(next) {
    const turned = next.flipped !== this.#show.flipped;
    const moved = next.position.fen !== this.#show.position?.fen;
    this.#show = next;
    if (turned) {
      this.#lay();
    }
    if (moved || !next.legal) {
      this.#selected = null;
      this.#closeChooser();
    }
    this.#place();
    this.#mark();
  }

  // Gives every button its square, as seen from one side.
  #lay() {
    const cells = [...this.root.firstChild.children];
    this.#squares.clear();
    cells.forEach((cell, i) => {
      const [row, column] = [Math.floor(i / 8), i % 8];
      const [file, rank] = this.#show.flipped ? [7 - column, row + 1] : [column, 8 - row];
      const square = files[file] + rank;
      cell.dataset.square = square;
      cell.className = `square ${(file + rank) % 2 ? "dark" : "light"}`;
      cell.dataset.file = row === 7 ? files[file] : "";
      cell.dataset.rank = column === 0 ? rank : "";
      this.#squares.set(square, cell);
    });
  }

  // Moves the pictures to where the pieces stand now. A piece that left one square and stands on another one glides.
  #place() {
    const { position, pending } = this.#show;
    const pieces = piecesOf(position.fen);
    const [from, to] = squaresOf(pending);
    if (pieces.has(from)) {
      pieces.set(to, pieces.get(from));
      pieces.delete(from);
    }
    const gone = [];
    for (const [square, one] of this.#standing) {
      if (pieces.get(square) !== one.code) {
        gone.push([square, one]);
        this.#standing.delete(square);
      }
    }
    for (const [square, code] of pieces) {
      if (!this.#standing.has(square)) {
        const i = gone.findIndex(([, one]) => one.code === code);
        const one = i >= 0 ? gone.splice(i, 1)[0][1] : { code, picture: drawPiece(code) };
        if (i < 0) {
          this.#layer.append(one.picture);
        }
        this.#standing.set(square, one);
      }
    }
    gone.forEach(([, one]) => one.picture.remove());
    for (const [square, one] of this.#standing) {
      const [column, row] = this.#where(square);
      one.picture.style.transform = `translate(${column * 100}%, ${row * 100}%)`;
      one.picture.classList.toggle("pending", square === to);
    }
  }

  #where(square) {
    const [file, rank] = [files.indexOf(square[0]), Number(square[1])];
    return this.#show.flipped ? [7 - file, rank - 1] : [file, 8 - rank];
  }

  // Colours and labels of the squares.
  #mark() {
    const { position, legal, pending } = this.#show;
    const pieces = piecesOf(position.fen);
    const last = squaresOf(pending ?? position.m);
    const check = position.check ? kingToMove(position.fen, pieces) : null;
    const targets = (this.#selected && legal?.[this.#selected]) || "";
    for (const [square, cell] of this.#squares) {
      const target = targets.length > 0 && targetsOf(targets).includes(square);
      cell.classList.toggle("last", last.includes(square));
      cell.classList.toggle("check", square === check);
      cell.classList.toggle("selected", square === this.#selected);
      cell.classList.toggle("target", target && !pieces.has(square));
      cell.classList.toggle("capture", target && pieces.has(square));
      cell.classList.toggle("movable", Boolean(legal?.[square]) || target);
      if (this.#onmove) {
        const piece = pieces.has(square) ? `, ${nameOf(pieces.get(square))}` : "";
        const label = square + piece + (target ? ", can go here" : "") + (square === this.#selected ? ", selected" : "");
        if (cell.getAttribute("aria-label") !== label) {
          cell.setAttribute("aria-label", label);
        }
        cell.tabIndex = square === this.#focus ? 0 : -1;
      }
    }
  }

  #clicked(square) {
    const { legal, position } = this.#show;
    this.#focus = square;
    this.#closeChooser();
    const targets = targetsOf((this.#selected && legal?.[this.#selected]) || "");
    if (targets.includes(square)) {
      const from = this.#selected;
      if (promotes(piecesOf(position.fen).get(from), square)) {
        this.#choose(from, square);
        return;
      }
      this.#selected = null;
      this.#onmove(from + square);
      return;
    }
    this.#selected = legal?.[square] && square !== this.#selected ? square : null;
    this.#mark();
  }

  // Arrow keys walk over the board as it is seen; Escape lets go.
  #key(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key === "Escape") {
      this.#selected = null;
      this.#mark();
      return;
    }
    if (!steps[event.key]) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const [column, row] = this.#where(event.target.dataset.square ?? this.#focus);
    const [x, y] = [column + steps[event.key][0], row + steps[event.key][1]];
    if (x >= 0 && x < 8 && y >= 0 && y < 8) {
      const cell = this.root.firstChild.children[y * 8 + x];
      this.#focus = cell.dataset.square;
      this.#mark();
      cell.focus();
    }
  }

  #choose(from, to) {
    const [column, row] = this.#where(to);
    const white = to[1] === "8";
    const options = Object.keys(names).map((letter) => {
      const choice = button("", () => {
        this.#closeChooser();
        this.#selected = null;
        this.#onmove(from + to + letter);
      }, { "aria-label": names[letter], data: { piece: letter } });
      choice.append(drawPiece(white ? letter.toUpperCase() : letter));
      return choice;
    });
    const list = el("div", { class: "choices", role: "group", "aria-label": "Promote to" }, ...options);
    list.style.left = `${column * 12.5}%`;
    list.classList.toggle("from-bottom", row === 7);
    this.#chooser = el("div", {
      class: "chooser",
      onclick: (event) => event.target === this.#chooser && this.#closeChooser(),
      onkeydown: (event) => event.key === "Escape" && this.#closeChooser(),
    }, list);
    this.root.append(this.#chooser);
    options[0].focus();
  }

  #closeChooser() {
    if (this.#chooser) {
      const held = this.#chooser.contains(document.activeElement);
      this.#chooser.remove();
      this.#chooser = null;
      this.#selected = null;
      this.#mark();
      if (held) {
        this.#squares.get(this.#focus)?.focus();
      }
    }
  }
}

function targetsOf(squares) {
  return squares.match(/../g) ?? [];
}
