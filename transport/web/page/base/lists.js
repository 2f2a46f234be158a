// Lists that change under somebody's hands: rows that stay keep their element, and with it the focus.

import { el } from "./dom.js";

/**
 * A list in a box of its own: {root, show(items), fail(text)}. key(item) tells rows apart, build(item) makes the row's
 * content, and a row is built again only if face(item) gives another text. Until the first call it shows a skeleton;
 * empty is said when there is nothing.
 */
export function liveList({ key, face = JSON.stringify, build, empty, label, rows = 3, kind = "" }) {
  const list = el("ul", { class: `rows ${kind}`, "aria-label": label });
  const note = el("p", { class: "empty", hidden: true });
  const root = el("div", { class: "live-list", "aria-busy": "true" }, list, note);
  list.append(...Array.from({ length: rows }, () => el("li", { class: "skeleton", "aria-hidden": "true" })));
  const say = (text) => {
    root.removeAttribute("aria-busy");
    note.hidden = !text;
    note.textContent = text;
  };
  return {
    root,
    show(items) {
      const standing = new Map([...list.children].map((row) => [row.dataset.key, row]));
      const wanted = items.map((item) => {
        const name = String(key(item));
        const now = face(item);
        const old = standing.get(name);
        if (old && old.face === now) {
          return old;
        }
        const row = el("li", { data: { key: name } }, ...[build(item)].flat());
        row.face = now;
        return row;
      });
      arrange(list, wanted);
      say(items.length === 0 ? empty : "");
    },
    fail(text) {
      list.querySelectorAll(".skeleton").forEach((row) => row.remove());
      say(text);
    },
  };
}

// Puts the rows in order without taking out those that stay: an element that is moved loses the focus.
function arrange(list, wanted) {
  const staying = new Set(wanted);
  const held = document.activeElement?.closest("li");
  const lost = held && held.parentElement === list && !staying.has(held) ? held : null;
  const place = lost ? [...list.children].indexOf(lost) : -1;
  for (const row of [...list.children]) {
    if (!staying.has(row)) {
      row.remove();
    }
  }
  wanted.forEach((row, i) => {
    if (list.children[i] !== row) {
      list.insertBefore(row, list.children[i] ?? null);
    }
  });
  // The row under the focus is gone: its successor has it now, or whoever tabs would begin at the top of the page.
  if (lost && wanted.length > 0) {
    const same = wanted.find((row) => row.dataset.key === lost.dataset.key) ?? wanted[Math.min(place, wanted.length - 1)];
    same.querySelector("a, button")?.focus({ preventScroll: true });
  }
}
