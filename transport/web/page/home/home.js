// The first page: play at once, or in one's own way; what waits for us; what others do.

import { bestGame } from "./best.js";
import { endedGames } from "./ended.js";
import { myGames } from "./mine.js";
import { el } from "../base/dom.js";
import { toast } from "../base/toasts.js";
import { customGame } from "../lobby/custom.js";
import { openGames } from "../lobby/open.js";
import { quickPairing } from "../lobby/quick.js";
import { home as say } from "../words.js";

/** Fills root with the first page. renamed(name) is called when we go by another name. */
export function showHome(root, renamed) {
  const name = (now) => {
    root.querySelectorAll(".my-name").forEach((one) => { one.textContent = now; });
    root.querySelectorAll("input[name=name]").forEach((one) => { one.value = now; });
    renamed(now);
  };
  root.replaceChildren(el("div", { class: "home" },
    el("div", { class: "play-column" },
      el("div", { class: "welcome" }, el("h1", {}, say.title), el("p", { class: "lead" }, say.lead)),
      quickPairing(name), myGames(), customGame(), joinForm()),
    el("div", { class: "look-column" }, bestGame(), openGames(), endedGames())));
}

function joinForm() {
  const input = el("input", { name: "link", "aria-label": say.link, placeholder: say.linkHint, autocomplete: "off" });
  return el("form", { class: "join row", onsubmit: (event) => {
    event.preventDefault();
    const found = /(?:\/game\/|^)([A-Za-z0-9]{12})(#[\w=&.-]+)?\s*$/.exec(input.value.trim());
    if (found) {
      location.assign(`/game/${found[1]}${found[2] ?? ""}`);
    } else {
      toast(say.noLink, "bad");
    }
  } }, input, el("button", { class: "button" }, say.open));
}
