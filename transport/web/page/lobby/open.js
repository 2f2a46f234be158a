// The games that are open to all, live: who clicks one sits down.

import { Connection } from "../net/connection.js";
import { sitDown } from "./sit.js";
import { el } from "../base/dom.js";
import { liveList } from "../base/lists.js";
import { freshToken, isGuest, whoAmI } from "../net/identity.js";
import { toast } from "../base/toasts.js";
import { clockName, home as say, playerName, refusal, seatName } from "../words.js";

const shown = 12;

/** The list's box; it keeps itself up to date. */
export function openGames() {
  const games = new Map();
  const list = liveList({ key: (one) => one.game, build: offer, empty: say.noOpenGames, label: say.openGames, kind: "offers" });
  const more = el("p", { class: "more", hidden: true });
  const box = el("section", { class: "card open-games", "aria-labelledby": "open-games" },
    el("h2", { id: "open-games" }, say.openGames), list.root, more);
  const draw = () => {
    // The newest first: whoever made one waits for it now.
    list.show([...games.values()].reverse().slice(0, shown));
    more.hidden = games.size <= shown;
    more.textContent = say.moreOpenGames(games.size - shown);
  };
  const hear = {
    games: (line) => {
      games.clear();
      line.games.forEach((one) => games.set(one.game, one));
    },
    open: ({ game }) => games.set(game.game, game),
    closed: ({ game }) => games.delete(game),
  };
  new Connection({
    url: () => "/lobby?kind=chess",
    token: () => freshToken(),
    refused: () => Promise.resolve(null),
    lines: (lines) => {
      lines.forEach((line) => hear[line.t]?.(line));
      draw();
    },
    resync: () => {},
    changed: ({ state, reason }) => {
      box.dataset.state = state;
      if (state === "stopped") {
        list.fail(reason);
      } else if (state === "waiting" && games.size === 0) {
        list.fail(say.noAnswer);
      }
    },
  }).open();
  return box;
}

function offer(one) {
  const { game, by, clock, rated, seat } = one;
  const me = whoAmI();
  const mine = by && me?.player === by.id;
  const barred = rated && isGuest(me?.player);
  const parts = [
    el("span", { class: "who" }, el("strong", {}, playerName(by)), by?.rating ? el("small", {}, ` ${by.rating}`) : ""),
    el("span", { class: "terms" }, clockName(clock)),
    el("small", { class: "note" }, mine ? say.yours : barred ? say.membersOnly : say.terms(rated, seatName(seat))),
  ];
  if (mine) {
    return el("a", { class: "entry", href: `/game/${game}` }, ...parts);
  }
  const entry = el("button", { type: "button", class: "entry", disabled: barred, data: { join: game }, onclick: async () => {
    entry.disabled = true;
    try {
      await sitDown(game);
    } catch (error) {
      toast(refusal(error), "bad");
      entry.disabled = false;
    }
  } }, ...parts);
  return entry;
}
