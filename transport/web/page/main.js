// Which page this is, and the frame around it.

import { el, setText } from "./base/dom.js";
import { showHome } from "./home/home.js";
import { Table } from "./game/table.js";
import { toast } from "./base/toasts.js";
import { refusal } from "./words.js";

const root = document.getElementById("page");
const pill = document.getElementById("link");
const pause = 2000;

/** Says how the connection is. */
function showLink({ state, until }) {
  const texts = {
    connecting: "Connecting…", open: "Catching up…", live: "Connected", finished: "Game over", stopped: "Disconnected",
    waiting: "Connection lost. Reconnecting…",
  };
  pill.hidden = false;
  pill.dataset.state = state;
  pill.title = until ? "Your moves are safe. The page comes back by itself." : "";
  setText(pill, texts[state]);
}

async function showGame(id) {
  for (;;) {
    try {
      await new Table(id, showLink).open(root);
      return;
    } catch (error) {
      if (!error.code) {
        throw error;
      }
      if (error.retry) {
        showLink({ state: "waiting" });
        await new Promise((done) => setTimeout(done, error.after ?? pause));
        continue;
      }
      root.replaceChildren(el("section", { class: "card lost" },
        el("h1", {}, "This game can't be shown"), el("p", {}, refusal(error)), el("p", {}, el("a", { href: "/", class: "button primary" }, "Start a game"))));
      return;
    }
  }
}

addEventListener("unhandledrejection", () => toast("Something went wrong on this page. Reload it if it looks odd.", "bad"));

// The same game with an invitation in the address is another page, but browsers don't reload for a fragment.
addEventListener("hashchange", () => location.reload());

const game = /^\/game\/([A-Za-z0-9]+)$/.exec(location.pathname);
if (game) {
  showGame(game[1]);
} else {
  showHome(root);
}
