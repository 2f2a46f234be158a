// The board: 64 buttons below, pieces above them, and a chooser for promotions. It draws what it is told and reports
// which two squares were chosen, by two clicks, by dragging or by keys. What is allowed it is told, too.

import { button, el } from "../base/dom.js";
import { choosePiece } from "./chooser.js";
import { watchDrags } from "./drag.js";
import { Layer } from "./layer.js";
import { kingToMove, listOf, piecesOf, placeOf, promotes, sideOf, squareAt, squaresOf } from "./position.js";
import { boardWords, pieceName } from "../words.js";

export class Board {
  root;
  #grid = el("div", { class: "squares" });
  #cells = new Map(); // square -> {cell, look, label}
  #layer = new Layer();
  #pieces = new Map();
  #show = { flipped: false, legal: null };
  #selected = null;
  #over = null; // the square below a piece that is carried
  #focus = "e2";
  #chooser = null;
  #onmove;
  #onpremove;

  /**
   * onmove(m) is called with a move in UCI, onpremove(m) with one for later, or null if the one that stands is called
   * off. Without them the board is a picture.
   */
  constructor(onmove, onpremove) {
    this.#onmove = onmove;
    this.#onpremove = onpremove;
    this.root = el("div", { class: "board", role: "group", "aria-label": boardWords.board }, this.#grid, this.#layer.root);
    for (let i = 0; i < 64; i++) {
      this.#grid.append(onmove ? button("") : el("div"));
    }
    this.#lay();
    if (onmove) {
      this.#grid.addEventListener("keydown", (event) => this.#key(event));
      watchDrags(this.#grid, {
        can: (square) => this.#chooser === null && this.#startable(square),
        lifted: (square) => this.#lift(square),
        carried: (column, row) => this.#carry(column, row),
        dropped: (column, row) => this.#drop(column, row),
      });
      this.#grid.addEventListener("click", (event) => {
        const cell = event.target.closest("[data-square]");
        if (cell) {
          this.#clicked(cell.dataset.square);
        }
      });
      this.root.addEventListener("contextmenu", (event) => {
        if (this.#selected || this.#show.premove) {
          event.preventDefault();
          this.#letGo();
        }
      });
    }
  }

  /**
   * Shows a position: {position: {fen, m, check}, flipped, legal, mine, pending, premove}. legal is what may be chosen
   * (from -> the squares it may go to, concatenated) or null; then mine is the side whose pieces may be chosen for a
   * premove, if any. pending is a move that was sent and not answered, premove one that is kept for later.
   */
  show(next) {
    const turned = Boolean(next.flipped) !== Boolean(this.#show.flipped);
    const moved = next.position.fen !== this.#show.position?.fen;
    this.#show = next;
    this.#pieces = piecesOf(next.position.fen);
    const [from, to] = squaresOf(next.pending);
    if (this.#pieces.has(from)) {
      this.#pieces.set(to, this.#pieces.get(from));
      this.#pieces.delete(from);
    }
    if (turned) {
      this.#lay();
    }
    if (moved || !next.legal) {
      this.#closeChooser();
    }
    if (this.#selected && !this.#startable(this.#selected)) {
      this.#selected = null;
    }
    this.#layer.show(this.#pieces, next.flipped, to);
    this.#mark();
  }

  /** Puts the focus on the board's current square. */
  focus() {
    this.#cells.get(this.#focus)?.cell.focus();
  }

  // Gives every cell its square, as seen from one side.
  #lay() {
    this.#cells.clear();
    [...this.#grid.children].forEach((cell, i) => {
      const [row, column] = [Math.floor(i / 8), i % 8];
      const square = squareAt(column, row, this.#show.flipped);
      cell.dataset.square = square;
      cell.dataset.file = row === 7 ? square[0] : "";
      cell.dataset.rank = column === 0 ? square[1] : "";
      this.#cells.set(square, { cell, look: "", label: "", ground: (row + column) % 2 ? "dark" : "light" });
    });
  }

  // Whether a move may begin here, and where a piece from here may go.

  #startable(square) {
    const { legal, mine } = this.#show;
    if (legal) {
      return Boolean(legal[square]);
    }
    return Boolean(mine && this.#onpremove) && this.#pieces.has(square) && sideOf(this.#pieces.get(square)) === mine;
  }

  #goable(from, to) {
    const { legal } = this.#show;
    return legal ? listOf(legal[from]).includes(to) : from !== to && this.#startable(from);
  }

  // Colours and labels of the squares. Only what has changed is touched: a move changes few of the 64.
  #mark() {
    const { position, pending, premove, legal } = this.#show;
    const last = squaresOf(pending ?? position.m);
    const later = squaresOf(premove);
    const check = position.check && !pending ? kingToMove(position.fen, this.#pieces) : null;
    const targets = legal && this.#selected ? listOf(legal[this.#selected]) : [];
    for (const [square, one] of this.#cells) {
      const piece = this.#pieces.get(square);
      const target = targets.includes(square);
      let look = `square ${one.ground}`;
      look += last.includes(square) ? " last" : "";
      look += later.includes(square) ? " premove" : "";
      look += square === check ? " check" : "";
      look += square === this.#selected ? " selected" : "";
      look += target ? (piece ? " capture" : " target") : "";
      look += square === this.#over ? " over" : "";
      if (legal) {
        look += legal[square] || target ? " movable" : "";
      } else if (this.#startable(square)) {
        look += " own";
      }
      if (one.look !== look) {
        one.look = look;
        one.cell.className = look;
      }
      if (this.#onmove) {
        const label = boardWords.square(square, piece && pieceName(piece), {
          target, selected: square === this.#selected, premove: later.includes(square),
        });
        if (one.label !== label) {
          one.label = label;
          one.cell.setAttribute("aria-label", label);
        }
        one.cell.tabIndex = square === this.#focus ? 0 : -1;
      }
    }
  }

  // Choosing.

  #clicked(square) {
    this.#focus = square;
    const from = this.#selected;
    this.#closeChooser();
    // When we choose for later, a click on another piece of ours changes the choice; dragging onto it is a move.
    const again = !this.#show.legal && this.#startable(square);
    if (from && !again && this.#goable(from, square)) {
      this.#go(from, square);
      return;
    }
    if (this.#show.premove && from === null) {
      this.#onpremove(null);
      if (!this.#startable(square)) {
        return;
      }
    }
    this.#selected = this.#startable(square) && square !== from ? square : null;
    this.#mark();
  }

  #go(from, to) {
    const promotion = promotes(this.#pieces.get(from), to);
    if (!this.#show.legal) {
      this.#selected = null;
      this.#mark();
      this.#onpremove(from + to + (promotion ? "q" : "")); // nobody has time to choose then
      return;
    }
    if (promotion) {
      this.#choose(from, to);
      return;
    }
    this.#selected = null;
    this.#mark();
    this.#onmove(from + to);
  }

  #letGo() {
    this.#selected = null;
    this.#closeChooser();
    if (this.#show.premove) {
      this.#onpremove(null);
    }
    this.#mark();
  }

  // Arrow keys walk over the board as it is seen; Escape lets go.
  #key(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key === "Escape") {
      this.#letGo();
      return;
    }
    if (!steps[event.key] || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const [column, row] = placeOf(event.target.dataset.square ?? this.#focus, this.#show.flipped);
    const next = squareAt(column + steps[event.key][0], row + steps[event.key][1], this.#show.flipped);
    if (next) {
      this.#focus = next;
      this.#mark();
      this.focus();
    }
  }

  // Dragging.

  #lift(square) {
    this.#focus = square;
    this.#selected = square;
    this.#layer.lift(square);
    this.#mark();
  }

  #carry(column, row) {
    this.#layer.carry(column, row);
    const over = squareAt(Math.floor(column), Math.floor(row), this.#show.flipped) ?? null;
    if (over !== this.#over) {
      this.#over = over;
      this.#mark();
    }
  }

  #drop(column, row) {
    const from = this.#selected;
    const to = column === undefined ? undefined : squareAt(Math.floor(column), Math.floor(row), this.#show.flipped);
    this.#over = null;
    if (!from || !to || to === from || !this.#goable(from, to)) {
      this.#layer.release();
      this.#selected = to === from ? from : null; // put back: still chosen, as after a click
      this.#mark();
      return;
    }
    const now = this.#show.legal && !promotes(this.#pieces.get(from), to);
    this.#layer.release(now ? to : undefined, this.#show.flipped);
    this.#go(from, to);
  }

  #choose(from, to) {
    this.#selected = from;
    this.#mark();
    this.#chooser = choosePiece(to, this.#show.flipped, (letter) => {
      this.#closeChooser();
      if (letter) {
        this.#onmove(from + to + letter);
      }
    });
    this.root.append(this.#chooser.root);
    this.#chooser.focus();
  }

  #closeChooser() {
    if (this.#chooser) {
      const { root } = this.#chooser;
      const held = root.contains(document.activeElement);
      this.#chooser = null;
      root.remove();
      this.#selected = null;
      this.#mark();
      if (held) {
        this.focus();
      }
    }
  }
}
