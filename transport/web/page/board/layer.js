// The pieces of one board. Pictures are kept and moved rather than drawn anew: a move costs one style change, which the
// compositor turns into a glide.

import { el } from "../base/dom.js";
import { drawPiece } from "./pieces.js";
import { placeOf } from "./position.js";

export class Layer {
  root = el("div", { class: "pieces" });
  #standing = new Map(); // square -> {code, picture, at}
  #held = null; // the piece that follows a finger

  /** Lets the pieces stand as told: square -> letter. One that left a square and stands on another one glides there. */
  show(pieces, flipped, pending) {
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
        const one = i >= 0 ? gone.splice(i, 1)[0] : this.#draw(code);
        this.#standing.set(square, one);
      }
    }
    for (const one of gone) {
      one.picture.remove();
      this.#held = this.#held === one ? null : this.#held;
    }
    for (const [square, one] of this.#standing) {
      const [column, row] = placeOf(square, flipped);
      this.#put(one, `translate(${column * 100}%, ${row * 100}%)`);
      if (one.pending !== (square === pending)) {
        one.pending = square === pending;
        one.picture.classList.toggle("pending", one.pending);
      }
    }
  }

  /** Takes the piece of a square up. */
  lift(square) {
    this.#held = this.#standing.get(square) ?? null;
    this.#held?.picture.classList.add("held");
  }

  /** Moves the piece that is held: its middle in squares from the left and the top. */
  carry(column, row) {
    if (this.#held) {
      this.#held.picture.style.transform = `translate(${(column - 0.5) * 100}%, ${(row - 0.5) * 100}%)`;
    }
  }

  /** Lets go: the piece glides back to where it stands, or is put onto another square at once. */
  release(square, flipped) {
    const one = this.#held;
    this.#held = null;
    if (!one) {
      return;
    }
    if (square) {
      const [column, row] = placeOf(square, flipped);
      one.at = `translate(${column * 100}%, ${row * 100}%)`;
      one.picture.style.transform = one.at;
    } else {
      one.picture.classList.remove("held");
      one.picture.style.transform = one.at;
      return;
    }
    // The class forbids gliding: the browser must have seen the piece in its place before it may glide again.
    requestAnimationFrame(() => requestAnimationFrame(() => one.picture.classList.remove("held")));
  }

  #draw(code) {
    const picture = drawPiece(code);
    this.root.append(picture);
    return { code, picture, at: "", pending: false };
  }

  #put(one, at) {
    if (one.at !== at) {
      one.at = at;
      if (one !== this.#held) {
        one.picture.style.transform = at;
      }
    }
  }
}
