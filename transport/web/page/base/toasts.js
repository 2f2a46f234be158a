// Short notices at the edge of the screen, for what went wrong and what was done.

import { button, el } from "./dom.js";
import { dismiss } from "../words.js";

const shown = 6000;

/** Shows a sentence for a while. Screen readers read it out. */
export function toast(text, kind = "info") {
  const box = document.getElementById("toasts");
  const notice = el("div", { class: `toast ${kind}` }, el("span", {}, text));
  notice.append(button("×", () => notice.remove(), { "aria-label": dismiss }));
  box.append(notice);
  while (box.children.length > 3) {
    box.firstChild.remove();
  }
  setTimeout(() => notice.remove(), shown);
}
