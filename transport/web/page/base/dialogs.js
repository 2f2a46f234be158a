// Questions that must be answered before something happens.

import { button, el } from "./dom.js";
import { nameWords as say } from "../words.js";

/** Asks a question with two answers; the promise tells whether it was the first. */
export function confirm(title, text, yes, no) {
  return new Promise((done) => {
    const dialog = el("dialog", { class: "dialog", "aria-labelledby": "question" },
      el("h2", { id: "question" }, title),
      el("p", {}, text),
      el("div", { class: "row end" },
        button(no, () => dialog.close("no"), { class: "button", autofocus: true }),
        button(yes, () => dialog.close("yes"), { class: "button danger", data: { answer: "yes" } })));
    dialog.addEventListener("close", () => {
      dialog.remove();
      done(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Asks for a name; the promise gives it, or null if the dialog was closed. */
export function askName(before = "") {
  return new Promise((done) => {
    const input = nameInput(before);
    const form = el("form", { method: "dialog", onsubmit: () => { dialog.returnValue = "ok"; } },
      el("h2", { id: "name-title" }, say.title),
      el("p", {}, say.text),
      el("label", { class: "field" }, el("span", {}, say.label), input),
      el("div", { class: "row end" },
        button(say.cancel, () => dialog.close("")),
        el("button", { class: "button primary", value: "ok" }, say.go)));
    const dialog = el("dialog", { class: "dialog", "aria-labelledby": "name-title" }, form);
    form.querySelector("button").classList.add("button");
    dialog.addEventListener("close", () => {
      dialog.remove();
      done(dialog.returnValue === "ok" ? input.value.trim() : null);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** An input for a guest's name, as the server takes it. */
export function nameInput(value) {
  return el("input", {
    name: "name", value, required: true, maxlength: "32", autocomplete: "nickname", placeholder: say.example, spellcheck: "false",
    pattern: ".*\\S.*", title: say.limits,
  });
}
