// A game of one's own making: for whoever gets the link, for a player by name, or for everybody.

import { customClock, own } from "./controls.js";
import { create } from "./sit.js";
import { seek } from "./waiting.js";
import { nameInput } from "../base/dialogs.js";
import { el } from "../base/dom.js";
import { choices } from "../base/memory.js";
import { isGuest, nameToGoBy, rename, whoAmI } from "../net/identity.js";
import { PlayerPicker } from "../player/picker.js";
import { toast } from "../base/toasts.js";
import { classes, home as say, refusal } from "../words.js";

const delays = [0, 10, 60, 300, 900]; // seconds

/** The form, folded away on small screens: quick pairing comes first there. */
export function customGame() {
  const form = build(choices.get());
  const box = el("details", { class: "card own-game", open: matchMedia("(min-width: 861px)").matches },
    el("summary", {}, el("h2", {}, say.ownGame)), form);
  return box;
}

function build(chosen) {
  const me = whoAmI();
  const guest = isGuest(me?.player);
  const custom = customFields(chosen);
  const picker = new PlayerPicker();
  const radio = (group, value, label, small, checked) => el("label", { class: "choice" },
    el("input", { type: "radio", name: group, value, checked }),
    el("span", { class: "face" }, el("strong", {}, label), small && el("small", {}, small)));
  const group = (kind, label, ...inside) => el("fieldset", { class: kind }, el("legend", {}, label), ...inside);
  const select = (name, label, options, at) => el("label", { class: "field" }, el("span", {}, label),
    el("select", { name }, ...options.map(([value, text]) => el("option", { value, selected: value === at }, text))));
  const rated = el("label", { class: "check" }, el("input", { type: "checkbox", name: "rated", disabled: guest, checked: !guest && chosen.rated }),
    el("span", {}, say.rated, guest && el("small", {}, ` ${say.ratedWhy}`)));
  const fen = el("label", { class: "field" }, el("span", {}, say.fen),
    el("input", { name: "fen", autocomplete: "off", spellcheck: "false", placeholder: say.fenExample }));
  const submit = el("button", { class: "button primary big" });
  const form = el("form", { class: "start", "aria-label": say.ownGame },
    group("opponents", say.against, ...["invite", "player", "open"].map((one) => radio("against", one, say.opponents[one], "", one === "invite"))),
    picker.root,
    group("times", say.time, ...own.map((one) => radio("control", one.key, one.key, classes[one.class], one.key === (chosen.control ?? "10+0")))),
    custom,
    group("colours", say.youPlay, ...Object.entries(say.colours).map(([value, label]) => radio("seat", value, label, "", value === (chosen.seat ?? "random")))),
    me ? "" : el("label", { class: "field" }, el("span", {}, say.yourName), nameInput(nameToGoBy())),
    el("details", { class: "further" }, el("summary", {}, say.further), rated,
      el("div", { class: "row pair" }, select("watch", say.watch, Object.entries(say.watchers), "public"),
        select("delay", say.delay, delays.map((n) => [String(n), say.delayOf(n)]), "0")), fen),
    submit);
  const reveal = () => {
    const { control, against } = form.elements;
    custom.hidden = control.value !== "Custom";
    picker.root.hidden = against.value !== "player";
    submit.textContent = say.startWith[against.value];
  };
  form.addEventListener("change", reveal);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    start(form, picker, submit);
  });
  reveal();
  return form;
}

function customFields(chosen) {
  const number = (name, value, max, label) => el("label", { class: "field" }, el("span", {}, label),
    el("input", { type: "number", name, value, min: name === "minutes" ? "1" : "0", max, inputmode: "numeric" }));
  const option = (value, label) => el("option", { value, selected: value === chosen.type }, label);
  return el("div", { class: "custom row" },
    number("minutes", chosen.minutes ?? 20, 1440, say.minutes),
    number("seconds", chosen.seconds ?? 5, 600, say.seconds),
    el("label", { class: "field" }, el("span", {}, say.secondsAre),
      el("select", { name: "type" }, option("fischer", say.fischer), option("delay", say.simpleDelay))));
}

// What the form asks the server for.
function termsOf({ control, seat, minutes, seconds, type, rated, watch, delay, fen }) {
  const clock = own.find((one) => one.key === control.value).clock
    ?? customClock({ minutes: Number(minutes.value), seconds: Number(seconds.value), type: type.value });
  const terms = { seat: seat.value, clock, watch: watch.value, delay: Number(delay.value) * 1000, rated: rated.checked };
  if (fen.value.trim()) {
    terms.setup = { fen: fen.value.trim() };
  }
  return terms;
}

async function start(form, picker, submit) {
  const { control, seat, minutes, seconds, type, rated, against, name } = form.elements;
  const rival = picker.chosen;
  if (against.value === "player" && !rival) {
    toast(say.choosePlayer, "bad");
    picker.focus();
    return;
  }
  choices.set({ ...choices.get(), control: control.value, seat: seat.value, minutes: minutes.value, seconds: seconds.value,
    type: type.value, rated: rated.checked });
  const terms = termsOf(form.elements);
  submit.disabled = true;
  try {
    if (name && name.value.trim() !== nameToGoBy()) {
      await rename(name.value.trim());
    }
    if (against.value === "open") {
      await seek(terms.clock, terms);
    } else {
      const made = await create({ ...terms, access: "invite", ...(against.value === "player" ? keptFor(terms.seat, rival.id) : {}) });
      location.assign(`/game/${made.game}`);
    }
  } catch (error) {
    toast(refusal(error), "bad");
  }
  submit.disabled = false;
}

// A seat can only be kept for somebody if it is known which one: the draw is made here then.
function keptFor(seat, player) {
  const mine = seat === "random" ? (crypto.getRandomValues(new Uint8Array(1))[0] % 2 ? "white" : "black") : seat;
  return { seat: mine, seats: { [mine === "white" ? "black" : "white"]: player } };
}
