// Reading a position's notation (FEN) and the names of squares. This is spelling, not rules: which piece stands where,
// whose move it is, and where a square lies on the screen.

const files = "abcdefgh";

/** The pieces of a position: square -> letter, upper case for white. */
export function piecesOf(fen) {
  const pieces = new Map();
  fen.split(" ", 1)[0].split("/").forEach((rank, i) => {
    let file = 0;
    for (const letter of rank) {
      if (letter >= "1" && letter <= "8") {
        file += Number(letter);
      } else {
        pieces.set(files[file] + (8 - i), letter);
        file += 1;
      }
    }
  });
  return pieces;
}

/** The side of a piece as FEN writes it: upper case is white. */
export function sideOf(code) {
  return code === code.toUpperCase() ? "white" : "black";
}

/** The column and row, 0 to 7 from the left and from the top, where a square is drawn. */
export function placeOf(square, flipped) {
  const [file, rank] = [files.indexOf(square[0]), Number(square[1])];
  return flipped ? [7 - file, rank - 1] : [file, 8 - rank];
}

/** The square that is drawn at a column and row; undefined beside the board. */
export function squareAt(column, row, flipped) {
  if (column < 0 || column > 7 || row < 0 || row > 7) {
    return undefined;
  }
  return flipped ? files[7 - column] + (row + 1) : files[column] + (8 - row);
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

/** A list of squares out of a text that has them one behind the other. */
export function listOf(squares) {
  return squares?.match(/../g) ?? [];
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
    const white = sideOf(letter) === "white";
    balance += (now[letter] ?? 0) * worth[letter.toLowerCase()] * (white ? 1 : -1);
    for (let n = (before[letter] ?? 0) - (now[letter] ?? 0); n > 0; n--) {
      taken[white ? "black" : "white"].push(letter); // by the other side
    }
  }
  return { taken, balance };
}
