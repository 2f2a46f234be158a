// Reading a position's notation (FEN). This is spelling, not rules: which piece stands where, and whose move it is.

/** The pieces of a position: square -> letter, upper case for white. */
export function piecesOf(fen) {
  const pieces = new Map();
  fen.split(" ", 1)[0].split("/").forEach((rank, i) => {
    let file = 0;
    for (const letter of rank) {
      if (letter >= "1" && letter <= "8") {
        file += Number(letter);
      } else {
        pieces.set("abcdefgh"[file] + (8 - i), letter);
        file += 1;
      }
    }
  });
  return pieces;
}

/** The square of the king of the side to move. */
export function kingToMove(fen, pieces) {
  const king = fen.split(" ")[1] === "w" ? "K" : "k";
  return [...pieces].find(([, letter]) => letter === king)?.[0];
}

/** The squares a move in UCI names: [from, to]. */
export function squaresOf(move) {
  return move ? [move.slice(0, 2), move.slice(2, 4)] : [];
}

/** Whether a legal move of this piece to this square needs a piece to be chosen: a pawn on its last rank. */
export function promotes(piece, to) {
  return (piece === "P" && to[1] === "8") || (piece === "p" && to[1] === "1");
}

/** What each side has lost and the balance in pawns, for the strips beside the board. */
export function captured(start, fen) {
  const worth = { p: 1, n: 3, b: 3, r: 5, q: 9, k: 0 };
  const count = (notation) => {
    const counts = {};
    for (const letter of piecesOf(notation).values()) {
      counts[letter] = (counts[letter] ?? 0) + 1;
    }
    return counts;
  };
  const before = count(start);
  const now = count(fen);
  const taken = { white: [], black: [] };
  let balance = 0;
  for (const letter of "qrbnpQRBNP") {
    const white = letter !== letter.toLowerCase();
    balance += (now[letter] ?? 0) * worth[letter.toLowerCase()] * (white ? 1 : -1);
    for (let n = (before[letter] ?? 0) - (now[letter] ?? 0); n > 0; n--) {
      taken[white ? "black" : "white"].push(letter); // by the other side
    }
  }
  return { taken, balance };
}
