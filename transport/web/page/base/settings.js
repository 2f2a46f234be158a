// The settings: how the page looks, sounds and moves. They are kept in this browser, and hold on every screen.

import { button, el } from "./dom.js";
import { wanted } from "./memory.js";
import { settingWords as words } from "../words.js";

const usual = { theme: "auto", board: "sage", sound: true, motion: true };

let now = { ...usual, ...wanted.get() };

/** The settings as they are: {theme: "auto" | "light" | "dark", board: "sage" | "wood", sound, motion}. */
export function settings() {
  return now;
}

function change(some) {
  now = { ...now, ...some };
  wanted.set(now);
  apply();
}

// The style sheets read the settings off the document's element.
function apply() {
  const { dataset } = document.documentElement;
  dataset.theme = now.theme;
  dataset.board = now.board;
  dataset.motion = now.motion ? "auto" : "none";
}

function segments(name, legend, options) {
  return el("fieldset", {}, el("legend", {}, legend), el("div", { class: "segments" }, ...options.map(([value, label, picture]) =>
    el("label", {}, el("input", { type: "radio", name, value, checked: now[name] === value, onchange: () => change({ [name]: value }) }),
      el("span", {}, picture, label)))));
}

function toggle(name, label, text) {
  return el("label", { class: "switch" }, el("span", {}, label, el("small", {}, text)),
    el("input", { type: "checkbox", role: "switch", name, checked: now[name], onchange: (event) => change({ [name]: event.target.checked }) }));
}

/** Opens the dialog. What is changed there holds at once. */
export function openSettings() {
  const swatch = (board) => el("i", { class: "swatch", data: { board } });
  const dialog = el("dialog", { class: "dialog settings", "aria-labelledby": "settings-title" },
    el("h2", { id: "settings-title" }, words.title),
    segments("theme", words.theme, Object.entries(words.themes)),
    segments("board", words.board, Object.entries(words.boards).map(([value, label]) => [value, label, swatch(value)])),
    toggle("sound", words.sound, words.soundText),
    toggle("motion", words.motion, words.motionText),
    el("div", { class: "row end" }, button(words.done, () => dialog.close(), { class: "button primary" })));
  dialog.addEventListener("close", () => dialog.remove());
  // A click beside the dialog closes it, as people expect.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}

function gear() {
  const svg = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(svg, "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg, "path");
  path.setAttribute("d", "M4 7h9M19 7h1M4 12h2M12 12h8M4 17h8M18 17h2M16 4.8a2.2 2.2 0 1 0 0 4.4a2.2 2.2 0 1 0 0 -4.4M9 9.8a2.2 2.2 0 1 0 0 4.4a2.2 2.2 0 1 0 0 -4.4M15 14.8a2.2 2.2 0 1 0 0 4.4a2.2 2.2 0 1 0 0 -4.4");
  picture.append(path);
  return button(picture, openSettings, { class: "gear", "aria-label": words.title, title: words.title, data: { do: "settings" } });
}

apply();
document.querySelector(".top")?.append(gear());
