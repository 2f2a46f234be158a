// The games of a player, the newest first, as far back as somebody asks for.

import { button, el } from "../base/dom.js";
import { liveList } from "../base/lists.js";
import { playerLink } from "./link.js";
import { readAs } from "../net/identity.js";
import { ago, classes, clockName, ending, people as say, playerName, refusal, seatName } from "../words.js";

const page = 100; // rows asked for at once
const enough = 20; // rows shown more with each click
const patience = 10; // pages that one click looks at: a rare kind of game does not read everything

/** The history's box for a player's id. */
export function history(id) {
  const select = (name, label, options) => el("label", { class: "field" }, el("span", {}, label),
    el("select", { name }, ...options.map(([value, text]) => el("option", { value }, text))));
  const any = ["", say.any];
  const filters = el("form", { class: "filters row", "aria-label": say.filters, onsubmit: (event) => event.preventDefault() },
    select("result", say.result, [any, ...Object.entries(say.results)]),
    select("seat", say.colour, [any, ["white", seatName("white")], ["black", seatName("black")]]),
    select("class", say.pace, [any, ...Object.entries(classes).filter(([name]) => !["own"].includes(name))]),
    select("rated", say.kind, [any, ["true", say.ratedGames], ["false", say.casualGames]]),
    el("label", { class: "field" }, el("span", {}, say.opponent), el("input", { name: "opponent", type: "search", autocomplete: "off" })));
  const list = liveList({ key: (one) => one.game, face: (one) => one.game + one.at, build: entry, empty: say.noGames, label: say.history, kind: "history", rows: 5 });
  const more = button(say.more, () => read(), { class: "button", hidden: true, data: { do: "more" } });
  let rows = [];
  let cursor = "";
  let turn = 0;

  const read = async () => {
    const mine = turn;
    more.disabled = true;
    const wanted = rows.length + enough;
    try {
      for (let pages = 0; pages < patience && cursor !== null && rows.length < wanted; pages++) {
        const query = new URLSearchParams({ player: id, status: "ended", limit: String(page) });
        if (filters.elements.rated.value) {
          query.set("rated", filters.elements.rated.value);
        }
        if (cursor) {
          query.set("before", cursor);
        }
        const { games, next } = await readAs(`/api/games?${query}`);
        if (mine !== turn) {
          return;
        }
        cursor = next ?? null;
        rows.push(...games.map((one) => seen(one, id)).filter((one) => fits(one, filters.elements)));
      }
      list.show(rows);
      more.hidden = cursor === null;
    } catch (error) {
      if (!error.code) {
        throw error;
      }
      list.fail(refusal(error));
      more.hidden = false; // to try again
    }
    more.disabled = false;
  };
  const anew = () => {
    turn++;
    rows = [];
    cursor = "";
    read();
  };
  let typing = 0;
  filters.addEventListener("change", anew);
  filters.elements.opponent.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(anew, 300);
  });
  anew();
  return el("section", { class: "card", "aria-labelledby": "history" }, el("h2", { id: "history" }, say.history), filters, list.root, more);
}

// A row as this player sees it.
function seen(one, id) {
  const seat = Object.keys(one.players).find((name) => one.players[name].id === id) ?? "white";
  const rival = Object.entries(one.players).find(([name]) => name !== seat)?.[1];
  const scored = one.scores && Object.keys(one.scores).length > 0;
  const result = !scored ? "none" : !one.winner ? "drawn" : one.winner === seat ? "won" : "lost";
  return { ...one, seat, rival, result, at: ago(one.ts) };
}

function fits(one, { result, seat, class: pace, opponent }) {
  const name = opponent.value.trim().toLowerCase();
  return (!result.value || one.result === result.value) && (!seat.value || one.seat === seat.value)
    && (!pace.value || (one.class ?? "none") === pace.value)
    && (!name || one.rival?.id === opponent.value.trim() || playerName(one.rival, "").toLowerCase().includes(name));
}

function entry(one) {
  const { game, seat, rival, result, clock, rated, at } = one;
  return [el("span", { class: "outcome", data: { result } }, say.outcomes[result]),
    el("span", { class: "who" }, el("span", { class: `chip ${seat}`, title: seatName(seat), role: "img", "aria-label": seatName(seat) }), playerLink(rival, ""),
      rival?.rating ? el("small", {}, ` ${rival.rating}`) : ""),
    el("small", { class: "note" }, [clockName(clock), rated ? say.rated : "", ending(one).reason.toLowerCase(), at].filter(Boolean).join(" · ")),
    el("a", { href: `/game/${game}`, "aria-label": say.gameAgainst(playerName(rival, "")) }, say.look)];
}
