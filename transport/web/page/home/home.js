// The first page: start a game, follow a link, go back to a game.

import { call, insist, newID } from "../net/api.js";
import { Board } from "../board/board.js";
import { confirm, nameInput } from "../base/dialogs.js";
import { button, el } from "../base/dom.js";
import { asGuest, freshToken, lastName, leave, whoAmI } from "../net/identity.js";
import { choices, seats } from "../base/memory.js";
import { toast } from "../base/toasts.js";
import { clockName, ending, playerName, refusal, seatName } from "../words.js";

const minute = 60000;

const controls = [
  { key: "1+0", name: "Bullet", clock: { type: "fischer", initial: minute, increment: 0 } },
  { key: "3+2", name: "Blitz", clock: { type: "fischer", initial: 3 * minute, increment: 2000 } },
  { key: "5+0", name: "Blitz", clock: { type: "fischer", initial: 5 * minute, increment: 0 } },
  { key: "10+0", name: "Rapid", clock: { type: "fischer", initial: 10 * minute, increment: 0 } },
  { key: "15+10", name: "Rapid", clock: { type: "fischer", initial: 15 * minute, increment: 10000 } },
  { key: "1 day", name: "Per move", clock: { type: "days", days: 1 } },
  { key: "∞", name: "No clock", clock: { type: "none" } },
  { key: "Custom", name: "Your own" },
];

const colours = [["white", "White"], ["random", "Either"], ["black", "Black"]];

// A position worth looking at: Morphy in the opera box, one move before the end.
const picture = { fen: "4kb1r/p2n1ppp/4q3/4p1B1/4P3/1Q6/PPP2PPP/2KR4 w k - 0 16", m: "f6d7" };

/** Fills root with the first page. */
export function showHome(root) {
  const board = new Board();
  board.show({ position: picture, flipped: false, legal: null });
  board.root.setAttribute("aria-hidden", "true");
  root.replaceChildren(el("div", { class: "home" },
    el("section", { class: "welcome" },
      el("h1", {}, "Play chess with a friend."),
      el("p", { class: "lead" }, "Start a game, send the link, play. No account. Every move is safe on disk before you see it "
        + "acknowledged, and a lost connection costs you nothing."),
      startForm(), joinForm()),
    el("div", { class: "showpiece" }, board.root, mine())));
}

function startForm() {
  const chosen = choices.get();
  const name = nameInput(lastName());
  const me = whoAmI();
  const custom = customFields(chosen);
  const pick = (group, value, label, small, checked) => el("label", { class: "choice" },
    el("input", { type: "radio", name: group, value, checked }), el("span", { class: "face" },
      el("strong", {}, label), small && el("small", {}, small)));
  const form = el("form", { class: "card start", "aria-label": "Start a game" },
    el("fieldset", { class: "times" }, el("legend", {}, "Time for each player"),
      ...controls.map((one) => pick("control", one.key, one.key, one.name, one.key === (chosen.control ?? "10+0")))),
    custom,
    el("fieldset", { class: "colours" }, el("legend", {}, "You play"),
      ...colours.map(([value, label]) => pick("seat", value, label, "", value === (chosen.seat ?? "random")))),
    me ? playingAs(me) : el("label", { class: "field" }, el("span", {}, "Your name"), name),
    el("button", { class: "button primary big" }, "Start a game"));
  const reveal = () => { custom.hidden = form.elements.control.value !== "Custom"; };
  form.addEventListener("change", reveal);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    start(form, name.value.trim());
  });
  reveal();
  return form;
}

function customFields(chosen) {
  const number = (name, value, max, label) => el("label", { class: "field" }, el("span", {}, label),
    el("input", { type: "number", name, value, min: name === "minutes" ? "1" : "0", max, inputmode: "numeric" }));
  const option = (value, label) => el("option", { value, selected: value === chosen.type }, label);
  return el("div", { class: "custom row" },
    number("minutes", chosen.minutes ?? 20, 1440, "Minutes"),
    number("seconds", chosen.seconds ?? 5, 600, "Seconds a move"),
    el("label", { class: "field" }, el("span", {}, "Seconds are"),
      el("select", { name: "type" }, option("fischer", "added after it"), option("delay", "free before it"))));
}

function playingAs(me) {
  const change = button("Use another name", async () => {
    if (await confirm("Use another name?", "Games you are in stay with the old name. You can't go on playing them under the "
      + "new one.", "Use another name", "Keep this one")) {
      leave();
      location.reload();
    }
  }, { class: "link" });
  return el("p", { class: "as" }, "You play as ", el("strong", {}, me.name), " · ", change);
}

async function start(form, name) {
  const { control, seat, minutes, seconds, type } = form.elements;
  choices.set({ control: control.value, seat: seat.value, minutes: minutes.value, seconds: seconds.value, type: type.value });
  const own = { type: type.value, initial: minutes.value * minute,
    [type.value === "delay" ? "delay" : "increment"]: seconds.value * 1000 };
  const clock = controls.find((one) => one.key === control.value).clock ?? own;
  const body = { id: newID(), kind: "chess", seat: seat.value, clock, access: "invite" };
  const submit = form.querySelector(".primary");
  submit.disabled = true;
  try {
    const made = await asGuest(name, (token) => insist("/api/games", { token, body }));
    seats.add({ game: made.game, seat: made.seat, clock, invites: made.invites });
    location.assign(`/game/${made.game}`);
  } catch (error) {
    toast(refusal(error), "bad");
    submit.disabled = false;
  }
}

function joinForm() {
  const input = el("input", { name: "link", "aria-label": "Link to a game", placeholder: "Paste a link to a game", autocomplete: "off" });
  const form = el("form", { class: "join row", onsubmit: (event) => {
    event.preventDefault();
    const found = /(?:\/game\/|^)([A-Za-z0-9]{12})(#[\w=&.-]+)?\s*$/.exec(input.value.trim());
    if (found) {
      location.assign(`/game/${found[1]}${found[2] ?? ""}`);
    } else {
      toast("That is not a link to a game.", "bad");
    }
  } }, input, el("button", { class: "button" }, "Open"));
  return form;
}

// The games this browser sat down in, as they stand now.
function mine() {
  const list = el("ul", { class: "mine" });
  const box = el("section", { class: "card", hidden: true, "aria-label": "Your games" }, el("h2", {}, "Your games"), list);
  for (const { game } of seats.all().slice(0, 6)) {
    const item = el("li", { hidden: true });
    list.append(item);
    describe(game, item).then((shown) => {
      item.hidden = !shown;
      box.hidden &&= !shown;
    });
  }
  return box;
}

async function describe(id, item) {
  let state;
  try {
    state = await call("GET", `/api/games/${id}`, { token: await freshToken() });
  } catch (error) {
    if (error.code === "not_found") {
      seats.drop(id);
    }
    return false;
  }
  const seat = state.seat ?? "white";
  const other = seat === "white" ? "black" : "white";
  const against = state.players[other] ? `against ${playerName(state.players[other], other)}` : "waiting for an opponent";
  item.append(el("a", { href: `/game/${id}` },
    el("span", {}, el("strong", {}, seatName(seat)), ` ${against}`), el("small", {}, stage(state))));
  return true;
}

function stage(state) {
  switch (state.status) {
    case "open":
      return clockName(state.clock);
    case "ended": {
      const { score, title } = ending(state);
      return score || title;
    }
    default:
      return state.turn.includes(state.seat) ? "Your turn" : "Their turn";
  }
}
