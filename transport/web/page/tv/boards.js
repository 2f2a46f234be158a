// Many boards at once: those that the address names, or the best ones there are.

import { Feed } from "./feed.js";
import { arrange } from "./tv.js";
import { el, setText } from "../base/dom.js";
import { poll } from "../base/poll.js";
import { call } from "../net/api.js";
import { tv as say } from "../words.js";

const most = 16; // on one socket
const every = 8000;

export function showBoards(root, onlink) {
  const named = (new URLSearchParams(location.search).get("games") ?? "").split(",").filter((id) => /^[A-Za-z0-9]{12}$/.test(id)).slice(0, most);
  const wall = el("div", { class: "wall" });
  const note = el("p", { class: "empty", role: "status" });
  const screens = new Map();
  const feed = new Feed({
    changed: (id) => screens.get(id)?.show(feed.games.get(id)),
    missing: (id) => screens.get(id)?.miss(),
    linked: onlink,
  });
  const show = (ids) => {
    setText(note, ids.length === 0 ? say.nobodyPlays : "");
    wall.dataset.count = ids.length;
    arrange(wall, screens, ids);
    feed.watch(ids);
  };
  root.replaceChildren(el("div", { class: "boards" },
    el("div", { class: "head" }, el("h1", {}, say.boards), el("a", { href: "/tv" }, say.title)), note, wall));
  if (named.length > 0) {
    show([...new Set(named)]);
    return;
  }
  // A board whose game is over makes room for a game that is not there yet; the others stay where they are.
  let shown = [];
  poll(async () => {
    let games;
    try {
      ({ games } = await call("GET", `/api/tv?kind=chess&limit=${most}`));
    } catch (error) {
      setText(note, shown.length === 0 ? say.noAnswer : "");
      throw error;
    }
    const fresh = games.map(({ game }) => game).filter((id) => !shown.includes(id));
    const over = (id) => feed.games.get(id)?.over;
    shown = shown.map((id) => (over(id) && fresh.length > 0 ? fresh.shift() : id));
    shown = [...shown, ...fresh].slice(0, most);
    show(shown);
  }, every);
}
