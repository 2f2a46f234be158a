// The choice of a piece when a pawn promotes, above the board.

import { button, el } from "../base/dom.js";
import { drawPiece } from "./pieces.js";
import { placeOf } from "./position.js";
import { boardWords, pieceNames } from "../words.js";

/** Asks which piece a pawn shall become on a square: done(letter), or done(null) when it was called off. */
export function choosePiece(to, flipped, done) {
  const [column, row] = placeOf(to, flipped);
  const white = to[1] === "8";
  const options = ["q", "n", "r", "b"].map((letter) => {
    const choice = button("", () => done(letter), { "aria-label": pieceNames[letter], title: pieceNames[letter], data: { piece: letter } });
    choice.append(drawPiece(white ? letter.toUpperCase() : letter));
    return choice;
  });
  const list = el("div", { class: "choices", role: "group", "aria-label": boardWords.promote }, ...options);
  list.style.left = `${column * 12.5}%`;
  list.classList.toggle("from-bottom", row === 7);
  const chooser = el("div", {
    class: "chooser",
    onclick: (event) => event.target === chooser && done(null),
    onkeydown: (event) => keys(event, options, () => done(null)),
  }, list);
  return { root: chooser, focus: () => options[0].focus() };
}

function keys(event, options, close) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (event.key === "Escape") {
    event.stopPropagation();
    close();
  } else if (step) {
    event.preventDefault();
    event.stopPropagation();
    const at = options.indexOf(document.activeElement);
    options[(at + step + options.length) % options.length].focus();
  }
}
