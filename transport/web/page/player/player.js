// A player's page: who it is, how strong, against whom.

import { ratingGraph } from "./graph.js";
import { history } from "./history.js";
import { PlayerPicker } from "./picker.js";
import { button, el } from "../base/dom.js";
import { isGuest, readAs, whoAmI } from "../net/identity.js";
import { classes, date, people as say, playerName, refusal, windowTitle } from "../words.js";

const order = ["bullet", "blitz", "rapid", "classical", "days"];
const pages = 5; // of changes that a graph shows at most

/** Fills root with the page of a player. Throws a Refusal if there is nobody. */
export async function showPlayer(root, id) {
  const me = whoAmI();
  const profile = await readAs(`/api/players/${id}`).catch((error) => {
    // Nothing is known of a guest who has not played yet.
    if (error.code === "not_found" && me?.player === id) {
      return { id, name: me.name, games: 0, rated: 0, won: 0, drawn: 0, lost: 0, ratings: [] };
    }
    throw error;
  });
  const name = playerName(profile);
  document.title = windowTitle(name);
  const facts = [isGuest(id) ? say.guest : say.member, profile.created ? say.since(date(profile.created)) : ""].filter(Boolean).join(" · ");
  root.replaceChildren(el("div", { class: "person" },
    el("section", { class: "person-head" },
      el("div", {}, el("h1", {}, name), el("p", { class: "lead" }, facts, me?.player === id ? ` · ${say.thatsYou}` : "")),
      tally(profile)),
    ratings(profile, name), versus(profile, name, me), history(id)));
}

function tally({ games, won, drawn, lost }) {
  const one = (number, label) => el("div", { class: "tally" }, el("dt", {}, label), el("dd", {}, String(number)));
  return el("dl", { class: "tallies" }, one(games, say.games), one(won, say.results.won), one(drawn, say.results.drawn), one(lost, say.results.lost));
}

// The classes as tabs, each with its graph.
function ratings(profile, name) {
  const rated = profile.ratings.filter(({ kind }) => kind === "chess").sort((a, b) => order.indexOf(a.class) - order.indexOf(b.class));
  const box = el("section", { class: "card ratings", "aria-labelledby": "ratings" }, el("h2", { id: "ratings" }, say.ratings));
  if (rated.length === 0) {
    box.append(el("p", { class: "empty" }, isGuest(profile.id) ? say.guestsAreUnrated : say.unrated));
    return box;
  }
  const stage = el("div", { class: "stage-of-graph", id: "graph" });
  const pick = async (pace, pressed) => {
    box.querySelectorAll(".pace").forEach((one) => one.setAttribute("aria-pressed", String(one === pressed)));
    stage.replaceChildren(el("div", { class: "skeleton tall" }));
    try {
      const changes = await changesOf(profile.id, pace);
      if (pressed.getAttribute("aria-pressed") === "true") {
        stage.replaceChildren(changes.length > 0 ? ratingGraph(changes, `${name}, ${classes[pace]}`) : el("p", { class: "empty" }, say.unrated));
      }
    } catch (error) {
      if (!error.code) {
        throw error;
      }
      stage.replaceChildren(el("p", { class: "empty" }, refusal(error)));
    }
  };
  const tabs = rated.map((one) => {
    const tab = button("", () => pick(one.class, tab), { class: "pace", "aria-controls": "graph", data: { pace: one.class } });
    tab.append(el("span", {}, classes[one.class]), el("strong", {}, String(one.rating), one.provisional ? el("abbr", { title: say.provisional }, "?") : ""),
      el("small", {}, say.gamesCount(one.games)));
    return tab;
  });
  box.append(el("div", { class: "paces", role: "group", "aria-label": say.paces }, ...tabs), stage);
  const favourite = rated.reduce((best, one, i) => (one.games > rated[best].games ? i : best), 0);
  pick(rated[favourite].class, tabs[favourite]);
  return box;
}

// The oldest first.
async function changesOf(id, pace) {
  const all = [];
  let before = "";
  for (let i = 0; i < pages && before !== undefined; i++) {
    const query = new URLSearchParams({ kind: "chess", class: pace, limit: "200", ...(before ? { before } : {}) });
    const { ratings: changes, next } = await readAs(`/api/players/${id}/ratings?${query}`);
    all.push(...changes);
    before = next;
  }
  return all.reverse();
}

// How the player did against us, or against somebody who can be chosen.
function versus(profile, name, me) {
  const result = el("div", { class: "score-line", role: "status" });
  const show = async (other, otherName, quietly) => {
    try {
      const { won, drawn, lost, games } = await readAs(`/api/players/${profile.id}/versus/${encodeURIComponent(other)}`);
      const part = (number, kind) => {
        const bar = el("span", { class: "bar", data: { result: kind } }, number > 0 ? String(number) : "");
        bar.style.flexGrow = number;
        bar.hidden = number === 0;
        return bar;
      };
      result.replaceChildren(el("p", {}, games > 0 ? say.versus(name, otherName, won, drawn, lost) : say.neverMet(name, otherName)),
        games > 0 ? el("div", { class: "bars", "aria-hidden": "true" }, part(won, "won"), part(drawn, "drawn"), part(lost, "lost")) : "");
    } catch (error) {
      if (!error.code) {
        throw error;
      }
      result.replaceChildren(el("p", { class: "empty" }, quietly && error.code === "not_found" ? say.neverMet(name, otherName) : refusal(error)));
    }
  };
  const picker = new PlayerPicker((other) => other && other.id !== profile.id && show(other.id, playerName(other)));
  const box = el("section", { class: "card versus", "aria-labelledby": "versus" }, el("h2", { id: "versus" }, say.headToHead), result, picker.root);
  if (me && me.player !== profile.id) {
    show(me.player, say.you, true);
  }
  return box;
}
