// Games that have just ended and are worth a look.

import { el } from "../base/dom.js";
import { liveList } from "../base/lists.js";
import { poll } from "../base/poll.js";
import { call } from "../net/api.js";
import { ago, clockName, ending, home as say, playerName } from "../words.js";

const every = 20000;
const most = 6;

export function endedGames() {
  const list = liveList({ key: (one) => one.game, build: entry, empty: say.noEndedGames, label: say.endedGames,
    face: ({ game, at }) => `${game} ${at}` });
  poll(async () => {
    try {
      const { games } = await call("GET", "/api/games?status=ended&kind=chess&limit=60");
      list.show(pick(games));
    } catch (error) {
      list.fail(say.noAnswer);
      throw error;
    }
  }, every);
  return el("section", { class: "card ended-games", "aria-labelledby": "ended-games" }, el("h2", { id: "ended-games" }, say.endedGames), list.root);
}

// Aborted games have no score. Of the others, those of the strongest players come first.
function pick(games) {
  const strength = ({ players }) => Object.values(players).reduce((sum, { rating = 1000 }) => sum + rating, 0);
  return games.filter(({ scores }) => scores && Object.keys(scores).length > 0).sort((a, b) => strength(b) - strength(a)).slice(0, most)
    .map((one) => ({ ...one, at: ago(one.ts) }));
}

function entry(one) {
  const { game, players, clock, at } = one;
  const { score, reason } = ending(one);
  const name = (seat) => el("span", {}, el("strong", {}, playerName(players[seat], seat)),
    players[seat]?.rating ? el("small", {}, ` ${players[seat].rating}`) : "");
  return el("a", { class: "entry", href: `/game/${game}` },
    el("span", { class: "who" }, name("white"), " – ", name("black")), el("span", { class: "terms score" }, score),
    el("small", { class: "note" }, [clockName(clock), reason.toLowerCase(), at].join(" · ")));
}
