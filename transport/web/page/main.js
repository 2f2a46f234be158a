// Which screen this is, and the frame around it.

import { el, setText } from "./base/dom.js";
import { toast } from "./base/toasts.js";
import { Table } from "./game/table.js";
import { showHome } from "./home/home.js";
import { whoAmI } from "./net/identity.js";
import { showPlayer } from "./player/player.js";
import { showPlayers } from "./player/players.js";
import { showBoards } from "./tv/boards.js";
import { showTV } from "./tv/tv.js";
import { frame as say, refusal } from "./words.js";

const root = document.getElementById("page");
const pill = document.getElementById("link");
const pause = 2000;

/** Says how the connection is. */
function showLink({ state, until }) {
  pill.hidden = false;
  pill.dataset.state = state;
  pill.title = until ? say.movesAreSafe : "";
  setText(pill, say.links[state]);
}

/** Shows a screen, again and again while the server is away. */
async function insist(show, title) {
  for (;;) {
    try {
      await show();
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
        el("h1", {}, title), el("p", {}, refusal(error)), el("p", {}, el("a", { href: "/", class: "button primary" }, say.startGame))));
      return;
    }
  }
}

/** The navigation knows where we are and who we are. */
function showMe(name) {
  const me = whoAmI();
  const link = document.getElementById("me");
  link.hidden = !me;
  if (me) {
    link.href = `/player/${encodeURIComponent(me.player)}`;
    setText(link, name ?? me.name);
  }
}

const screens = [
  [/^\/$/, () => showHome(root, showMe)],
  [/^\/game\/([A-Za-z0-9]+)$/, (id) => insist(() => new Table(id, showLink).open(root), say.noGame)],
  [/^\/player\/([A-Za-z0-9_-]+)$/, (id) => insist(() => showPlayer(root, id), say.noPlayer)],
  [/^\/players$/, () => showPlayers(root)],
  [/^\/tv$/, () => showTV(root, showLink)],
  [/^\/boards$/, () => showBoards(root, showLink)],
];

addEventListener("unhandledrejection", () => toast(say.wrong, "bad"));

// The same game with an invitation in the address is another page, but browsers don't reload for a fragment.
addEventListener("hashchange", () => location.hash.includes("invite=") && location.reload());

const places = [["/", say.play], ["/tv", say.watch], ["/players", say.players]];
document.getElementById("skip").textContent = say.skip;
document.querySelector(".nav").setAttribute("aria-label", say.navigation);
document.querySelector(".nav").append(...places.map(([href, text]) =>
  el("a", { href, "aria-current": href === location.pathname ? "page" : undefined }, text)));
showMe();
for (const [pattern, show] of screens) {
  const found = pattern.exec(location.pathname);
  if (found) {
    show(...found.slice(1));
    break;
  }
}
