// A rating over the games that made it, drawn as a line; beside it the same as a table, for those who can't see it.

import { el } from "../base/dom.js";
import { playerLink } from "./link.js";
import { date, people as say } from "../words.js";

const svg = "http://www.w3.org/2000/svg";
// Letters of a picture shrink with it: a narrow screen gets one with fewer units.
const [width, height] = innerWidth < 600 ? [360, 220] : [640, 240];
const edge = { left: 44, right: 14, top: 14, bottom: 26 };
const tableRows = 100;

/** The picture of changes, the oldest first: {ts, rating, change, result, opponents, game}. */
export function ratingGraph(changes, name) {
  const ratings = changes.map(({ rating }) => rating);
  // One game has a past, too: what the rating was before it.
  const values = [ratings[0] - changes[0].change, ...ratings];
  const step = stepOf(Math.max(...values) - Math.min(...values));
  const low = Math.floor((Math.min(...values) - step / 4) / step) * step;
  const high = Math.max(low + 2 * step, Math.ceil((Math.max(...values) + step / 4) / step) * step);
  const x = (i) => edge.left + (width - edge.left - edge.right) * (i / (values.length - 1));
  const y = (rating) => edge.top + (height - edge.top - edge.bottom) * ((high - rating) / (high - low));
  const points = values.map((rating, i) => `${x(i).toFixed(1)},${y(rating).toFixed(1)}`);
  const lines = [];
  for (let at = low; at <= high; at += step) {
    lines.push(draw("line", { class: "grid", x1: edge.left, x2: width - edge.right, y1: y(at), y2: y(at) }),
      draw("text", { class: "tick", x: edge.left - 8, y: y(at) + 4, "text-anchor": "end" }, at));
  }
  const floor = height - edge.bottom;
  const picture = draw("svg", { class: "graph", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": say.graphOf(name, values[0], values.at(-1), Math.max(...values), changes.length) },
    ...lines,
    draw("path", { class: "area", d: `M${points[0]} L${points.join(" ")} L${x(values.length - 1).toFixed(1)},${floor} L${edge.left},${floor} Z` }),
    draw("polyline", { class: "line", points: points.join(" ") }),
    draw("circle", { class: "end", cx: x(values.length - 1), cy: y(values.at(-1)), r: 4.5 }),
    draw("text", { class: "tick", x: edge.left, y: height - 6 }, date(changes[0].ts)),
    draw("text", { class: "tick", x: width - edge.right, y: height - 6, "text-anchor": "end" }, date(changes.at(-1).ts)));
  return el("div", { class: "graph-box" }, picture, table(changes, name));
}

// A distance between lines that people can count in.
function stepOf(range) {
  return [10, 20, 50, 100, 200, 500].find((step) => range / step <= 4) ?? 1000;
}

function draw(tag, attributes, ...children) {
  const element = document.createElementNS(svg, tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function table(changes, name) {
  const row = ({ ts, rating, change, result, opponents, game }) => el("tr", {},
    el("td", {}, game ? el("a", { href: `/game/${game}` }, date(ts)) : date(ts)), el("td", {}, ...opponents.map((one) => playerLink(one))),
    el("td", {}, say.results[result]), el("td", { class: "number" }, String(rating)), el("td", { class: "number" }, change > 0 ? `+${change}` : String(change)));
  const head = say.tableHead.map((text) => el("th", { scope: "col" }, text));
  return el("details", { class: "as-table" }, el("summary", {}, say.asTable),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": say.changesOf(name) }, el("table", {}, el("thead", {}, el("tr", {}, ...head)),
      el("tbody", {}, ...changes.slice(-tableRows).reverse().map(row)))));
}
