// The chess pieces, drawn on a field of 100 x 100. Each is a list of shapes: outlines are filled and stroked with the
// colours of their side, "cut" shapes are drawn in the contrasting colour. The style sheet holds the colours.

import { sideOf } from "./position.js";

const svg = "http://www.w3.org/2000/svg";

const plinth = ["path", "M24 90 v-5 a9 9 0 0 1 9 -9 h34 a9 9 0 0 1 9 9 v5 a1.5 1.5 0 0 1 -1.5 1.5 h-49 a1.5 1.5 0 0 1 -1.5 -1.5 z"];

const shapes = {
  p: [
    ["path", "M50 45 C 58 54 59 63 66 76 H 34 C 41 63 42 54 50 45 Z"],
    ["path", "M38 51.5 a3 3 0 0 1 3 -3 h18 a3 3 0 0 1 0 6.5 h-18 a3 3 0 0 1 -3 -3.5 z"],
    ["circle", 50, 34, 14.5],
    plinth,
  ],
  r: [
    ["path", "M36 42 H64 L67 76 H33 Z"],
    ["path", "M27 17 a1.5 1.5 0 0 1 1.5 -1.5 H37 a1.5 1.5 0 0 1 1.5 1.5 V23 H45 V17 a1.5 1.5 0 0 1 1.5 -1.5 h7 a1.5 1.5 0 0 1 1.5 1.5 V23 H61.5 V17 a1.5 1.5 0 0 1 1.5 -1.5 H71.5 a1.5 1.5 0 0 1 1.5 1.5 V35 L66 43 H34 L27 35 Z"],
    ["cut", "M35 43 H65 M34 67 H66"],
    plinth,
  ],
  n: [
    ["path", "M32 76 C 31 63 41 57 47 47 C 41 51 36 51 32 54 C 28 57.5 24 60 19.5 56.5 C 15.5 53 16.5 48.5 20 44 C 24 38.5 26 30 33.5 24.5 L 34 12.5 L 43 19 L 48 11.5 L 52.5 20 C 68 24 78 40 73 76 Z"],
    ["dot", 37.5, 33, 2.6],
    ["dot", 23.5, 50, 1.7],
    ["cut", "M55 28.5 C 65 36 68 50 66 68"],
    plinth,
  ],
  b: [
    ["path", "M42 62 H58 L65 76 H35 Z"],
    ["path", "M50 19 C 63 28 71 40 67 51 C 65.5 55 62 58 59 60 H41 C 38 58 34.5 55 33 51 C 29 40 37 28 50 19 Z"],
    ["cut", "M57 31 L47 45"],
    ["path", "M36 62.5 a3.2 3.2 0 0 1 3.2 -3.2 h21.6 a3.2 3.2 0 0 1 0 6.6 h-21.6 a3.2 3.2 0 0 1 -3.2 -3.4 z"],
    ["circle", 50, 14.5, 5.2],
    plinth,
  ],
  q: [
    ["path", "M19 31 L31 51 L34.5 22.5 L45 48 L50 18 L55 48 L65.5 22.5 L69 51 L81 31 L71 64 L69 76 H31 L29 64 Z"],
    ["circle", 18, 28, 4.8],
    ["circle", 34, 19, 4.8],
    ["circle", 50, 14.5, 4.8],
    ["circle", 66, 19, 4.8],
    ["circle", 82, 28, 4.8],
    ["cut", "M30.5 63.5 C 43 59.5 57 59.5 69.5 63.5"],
    plinth,
  ],
  k: [
    ["path", "M46.6 8 h6.8 v6.8 h6.8 v6.6 h-6.8 v9 h-6.8 v-9 h-6.8 v-6.6 h6.8 z"],
    ["path", "M50 46 C 41 30 16 30 17 48 C 17.5 56 26 60 30 66 L31 76 H69 L70 66 C 74 60 82.5 56 83 48 C 84 30 59 30 50 46 Z"],
    ["path", "M50 57 C 42 46 42 38 50 29 C 58 38 58 46 50 57 Z"],
    ["cut", "M31.5 66.5 C 43 62.5 57 62.5 68.5 66.5"],
    plinth,
  ],
};

/** A new picture of a piece. */
export function drawPiece(code) {
  const picture = document.createElementNS(svg, "svg");
  picture.setAttribute("viewBox", "0 0 100 100");
  picture.setAttribute("aria-hidden", "true");
  picture.setAttribute("class", `piece ${sideOf(code)}`);
  for (const [shape, ...data] of shapes[code.toLowerCase()]) {
    const round = shape === "circle" || shape === "dot";
    const part = document.createElementNS(svg, round ? "circle" : "path");
    part.setAttribute("class", shape === "cut" || shape === "dot" ? shape : "body");
    if (round) {
      ["cx", "cy", "r"].forEach((name, i) => part.setAttribute(name, data[i]));
    } else {
      part.setAttribute("d", data[0]);
    }
    picture.append(part);
  }
  return picture;
}
