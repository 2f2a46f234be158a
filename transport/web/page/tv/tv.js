// The TV: the best game, large, and the next best beside it.

import { Follow } from "./follow.js";
import { Feed } from "./feed.js";
import { Screen } from "./screen.js";
import { el, setText } from "../base/dom.js";
import { playerLink } from "../player/link.js";
import { clockName, ending, playerName, tv as say, windowTitle } from "../words.js";

const beside = 6;

/** Fills root with the TV; onlink(link) is told how the connection is. */
export function showTV(root, onlink) {
  const stage = el("div", { class: "tv-stage" }, el("div", { class: "screen loading" }, el("div", { class: "mini-board" })));
  const facts = el("div", { class: "facts", hidden: true });
  const note = el("p", { class: "empty", hidden: true });
  const said = el("p", { class: "unseen", role: "status" });
  const wall = el("div", { class: "wall small" });
  const also = el("section", { class: "also", hidden: true, "aria-labelledby": "also" }, el("h2", { id: "also" }, say.also), wall,
    el("a", { class: "button", href: "/boards" }, say.many));
  let screen = null;
  const minis = new Map();
  const feed = new Feed({ changed: (id) => minis.get(id)?.show(feed.games.get(id)), missing: (id) => minis.get(id)?.miss() });
  const follow = new Follow({
    chosen: (id) => {
      screen = new Screen(id);
      stage.replaceChildren(screen.root);
      facts.hidden = true;
      note.hidden = true;
    },
    changed: (line) => {
      const { game } = follow;
      screen.show(game);
      if (line.t === "state" || line.t === "ended" || line.t === "seated") {
        facts.hidden = false;
        describe(facts, follow.id, game);
        const names = ["white", "black"].map((seat) => playerName(game.players[seat], seat));
        setText(said, game.over ? `${ending(game).title}. ${say.nextSoon}` : say.nowShowing(...names));
        document.title = windowTitle(names.join(" – "));
      }
    },
    listed: () => {
      note.hidden = follow.id !== null;
      setText(note, say.nobodyPlays);
      stage.hidden = follow.id === null;
      const ids = follow.others.slice(0, beside).map(({ game }) => game);
      also.hidden = ids.length === 0;
      arrange(wall, minis, ids);
      feed.watch(ids);
    },
    linked: onlink,
    failed: () => {
      note.hidden = follow.id !== null;
      setText(note, say.noAnswer);
    },
  });
  root.replaceChildren(el("div", { class: "tv" },
    el("div", { class: "tv-main" }, stage, note), el("aside", { class: "tv-side" },
      el("div", {}, el("h1", {}, say.title), el("p", { class: "lead" }, say.lead)), facts, also, said)));
}

/** Keeps the screens of these games in a wall, in this order; those that stay are not taken out. */
export function arrange(wall, screens, ids) {
  for (const [id, one] of screens) {
    if (!ids.includes(id)) {
      one.root.remove();
      screens.delete(id);
    }
  }
  ids.forEach((id, i) => {
    if (!screens.has(id)) {
      screens.set(id, new Screen(id));
    }
    const { root } = screens.get(id);
    if (wall.children[i] !== root) {
      wall.insertBefore(root, wall.children[i] ?? null);
    }
  });
}

function describe(box, id, game) {
  const line = (seat) => el("p", { class: "side-line" }, el("span", { class: `chip ${seat}`, "aria-hidden": "true" }), playerLink(game.players[seat], seat),
    game.players[seat]?.rating ? el("small", {}, ` ${game.players[seat].rating}`) : "");
  const { score, title, reason } = game.over ? ending(game) : {};
  box.replaceChildren(line("white"), line("black"),
    el("p", { class: "empty" }, clockName(game.clock), game.rated ? ` · ${say.rated}` : ""),
    game.over ? el("p", { class: "badge" }, `${score} ${title} ${reason}`.trim()) : "",
    el("div", { class: "row" }, el("a", { class: "button primary", href: `/game/${id}` }, say.openGame)));
}
