// Finding people, and the best of each class.

import { playerLink } from "./link.js";
import { PlayerPicker } from "./picker.js";
import { el } from "../base/dom.js";
import { liveList } from "../base/lists.js";
import { poll } from "../base/poll.js";
import { readAs } from "../net/identity.js";
import { classes, people as say } from "../words.js";

const every = 30000;
const most = 10;

export function showPlayers(root) {
  const picker = new PlayerPicker((player) => player && location.assign(`/player/${encodeURIComponent(player.id)}`));
  const boards = el("div", { class: "leaders" });
  const note = el("p", { class: "empty", role: "status" });
  const lists = new Map();
  poll(async () => {
    let leaderboards;
    try {
      ({ leaderboards } = await readAs(`/api/leaderboards/chess?limit=${most}`));
    } catch (error) {
      note.textContent = say.noAnswer;
      throw error;
    }
    note.textContent = "";
    for (const { class: pace, players } of leaderboards) {
      if (!lists.has(pace)) {
        const list = liveList({ key: (one) => one.id, build: leader, empty: say.nobodyRated, label: classes[pace], kind: "leaders-list" });
        lists.set(pace, list);
        boards.append(el("section", { class: "card", "aria-labelledby": `top-${pace}` }, el("h2", { id: `top-${pace}` }, classes[pace]), list.root));
      }
      lists.get(pace).show(players.map((one, i) => ({ ...one, place: i + 1 })));
    }
  }, every);
  root.replaceChildren(el("div", { class: "people" },
    el("div", { class: "welcome" }, el("h1", {}, say.title), el("p", { class: "lead" }, say.lead)),
    el("section", { class: "card", "aria-label": say.find }, picker.root), note, boards));
}

function leader({ id, name, rating, games, place }) {
  return [el("span", { class: "place" }, `${place}.`), el("span", { class: "who" }, playerLink({ id, name })), el("strong", {}, String(rating)),
    el("small", { class: "note" }, say.gamesCount(games))];
}
