// Moves that are typed: "e2e4", "e7e8q", "Nf3", "exd5", "O-O". The notation is read here; whether it is a move the server's
// list says, so a short form is looked up among what is legal.

import { el } from "../base/dom.js";
import { listOf, promotes } from "../board/position.js";
import { typedWords as words } from "../words.js";

const squares = /^([a-h][1-8])[-\s]?([a-h][1-8])=?([qrbn])?$/i;
const short = /^([KQRBNkqrn])?([a-h])?([1-8])?[x:]?([a-h][1-8])=?([QRBNqrbn])?$/;

/**
 * Reads a move: {m} in UCI, or {problem} in words. legal is the server's list, or null if it is not our turn: then only
 * both squares say what is meant. pieces are those on the board.
 */
export function readMove(text, legal, pieces) {
  const plain = text.trim().replace(/[+#!?]+$/, "").replace(/\s*e\.?p\.?$/, "");
  const whole = squares.exec(plain);
  if (whole) {
    const [from, to] = [whole[1].toLowerCase(), whole[2].toLowerCase()];
    if (legal && !listOf(legal[from]).includes(to)) {
      return { problem: words.illegal(from + to) };
    }
    return finish(from, to, whole[3], pieces);
  }
  if (!legal) {
    return { problem: words.wait };
  }
  const wings = /^[o0]-?[o0](-?[o0])?$/i.exec(plain);
  if (wings) {
    return castle(Boolean(wings[1]), legal, pieces);
  }
  const parts = short.exec(plain) ?? /^(b)([a-h])?([1-8])?x?([a-h][1-8])()$/.exec(plain);
  if (!parts) {
    return { problem: words.unreadable };
  }
  const found = find(parts, legal, pieces);
  // "bc3" may be a bishop's move by somebody who writes small letters.
  if (found.length === 0 && plain[0] === "b") {
    const bishop = short.exec(`B${plain.slice(1)}`);
    if (bishop) {
      found.push(...find(bishop, legal, pieces));
    }
  }
  if (found.length === 0) {
    return { problem: words.illegal(text.trim()) };
  }
  if (found.length > 1) {
    return { problem: words.ambiguous(found.map(([from, to]) => from + to)) };
  }
  return finish(...found[0], parts[5], pieces);
}

function find([, letter, file, rank, to], legal, pieces) {
  const piece = (letter ?? "P").toUpperCase();
  return Object.keys(legal).filter((from) => pieces.get(from)?.toUpperCase() === piece && (!file || from[0] === file)
    && (!rank || from[1] === rank) && listOf(legal[from]).includes(to)).map((from) => [from, to]);
}

// A king that goes two files is castling.
function castle(long, legal, pieces) {
  for (const [from, targets] of Object.entries(legal)) {
    const to = listOf(targets).find((square) => square.charCodeAt(0) - from.charCodeAt(0) === (long ? -2 : 2));
    if (pieces.get(from)?.toUpperCase() === "K" && to) {
      return { m: from + to };
    }
  }
  return { problem: words.illegal(long ? "O-O-O" : "O-O") };
}

function finish(from, to, promotion, pieces) {
  if (!promotes(pieces.get(from), to)) {
    return { m: from + to };
  }
  return promotion ? { m: from + to + promotion.toLowerCase() } : { problem: words.promotion(to) };
}

/** A line to type moves into. took(text) gives a problem in words, or nothing if the move was taken. */
export class Typed {
  root;
  #input = el("input", { name: "move", autocomplete: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "send",
    placeholder: words.example, "aria-label": words.label, "aria-describedby": "typed-problem" });
  #problem = el("p", { class: "problem", id: "typed-problem", role: "alert" });

  constructor(took) {
    this.#input.addEventListener("input", () => this.#problem.replaceChildren());
    this.root = el("form", { class: "typed", onsubmit: (event) => {
      event.preventDefault();
      if (this.#input.value.trim() === "") {
        return;
      }
      const problem = took(this.#input.value);
      this.#problem.replaceChildren(problem ?? "");
      if (problem) {
        this.#input.select();
      } else {
        this.#input.value = "";
      }
    } }, this.#input, el("button", { class: "button" }, words.send), this.#problem);
  }

  focus() {
    this.#input.focus();
  }
}
