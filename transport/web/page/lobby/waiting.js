// Waiting for somebody who wants the same: a game that is open to all, held by this page's socket. The server merges it
// with another one, or withdraws it when the socket is gone for ten seconds.

import { Connection } from "../net/connection.js";
import { callOff, create } from "./sit.js";
import { button, el, setText } from "../base/dom.js";
import { freshToken, readAs } from "../net/identity.js";
import { toast } from "../base/toasts.js";
import { clockName, home as say, refusal } from "../words.js";

const second = 1000;

/** Looks for an opponent at this clock and shows that it does; resolves when nobody looks any more. */
export async function seek(clock, terms = {}) {
  const made = await create({ seat: "random", clock, access: "open", pair: {}, ...terms });
  await new Waiting(made.game, clock).done;
}

class Waiting {
  done;
  #game;
  #clock;
  #dialog;
  #title = el("h2", { id: "waiting-title" }, say.looking);
  #text = el("p", { role: "status" });
  #time = el("p", { class: "waited", role: "timer" });
  #buttons = el("div", { class: "row end" });
  #since = performance.now();
  #ticker;
  #connection;
  #finish;

  constructor(game, clock) {
    this.#game = game;
    this.#clock = clock;
    this.done = new Promise((finish) => { this.#finish = finish; });
    this.#dialog = el("dialog", { class: "dialog waiting", "aria-labelledby": "waiting-title", data: { game } },
      el("div", { class: "pulse", "aria-hidden": "true" }, el("span"), el("span"), el("span")),
      this.#title, this.#text, this.#time, this.#buttons);
    this.#buttons.append(button(say.cancel, () => this.#cancel(), { class: "button", data: { do: "cancel" } }));
    setText(this.#text, say.lookingFor(clockName(clock)));
    this.#dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#cancel();
    });
    document.body.append(this.#dialog);
    this.#dialog.showModal();
    this.#ticker = setInterval(() => this.#tick(), second);
    this.#tick();
    this.#listen();
  }

  #listen() {
    this.#connection = new Connection({
      url: () => `/play/${this.#game}`,
      token: () => freshToken(),
      refused: () => this.#look().then(() => null, (error) => (error.retry ? null : refusal(error))),
      lines: (list) => list.forEach((line) => this.#heard(line)),
      resync: () => {},
      changed: ({ state, reason }) => {
        if (state === "waiting") {
          setText(this.#text, say.awayFor(clockName(this.#clock)));
        } else if (state === "stopped") {
          this.#gaveUp(reason);
        }
      },
    });
    this.#connection.open();
  }

  #heard(line) {
    switch (line.t) {
      case "state":
        setText(this.#text, say.lookingFor(clockName(this.#clock)));
        this.#judge(line);
        break;
      case "started":
        this.#go(this.#game);
        break;
      case "ended":
        this.#judge({ ...line, status: "ended" });
        break;
    }
  }

  // Asks how the game is, when no socket tells.
  async #look() {
    this.#judge(await readAs(`/api/games/${this.#game}`));
  }

  #judge({ status, reason, next }) {
    if (status === "ended" && next) {
      this.#go(next);
    } else if (status === "ended") {
      this.#gaveUp(reason === "withdrawn" || reason === "aborted" ? say.nobodyCame : refusal({ code: "game_over" }));
    } else if (status !== "open") {
      this.#go(this.#game);
    }
  }

  // Whoever comes back from the game must not find a page that sends them there again.
  #go(game) {
    this.#close();
    location.assign(`/game/${game}`);
  }

  #gaveUp(text) {
    this.#stop();
    setText(this.#title, say.stoppedLooking);
    setText(this.#text, text);
    this.#time.hidden = true;
    const again = button(say.lookAgain, () => {
      this.#close();
      seek(this.#clock).catch((error) => toast(refusal(error), "bad"));
    }, { class: "button primary" });
    this.#buttons.replaceChildren(button(say.close, () => this.#close(), { class: "button" }), again);
    again.focus();
  }

  async #cancel() {
    this.#stop();
    try {
      await callOff(this.#game);
    } catch (error) {
      // Somebody may have come in the very moment.
      if (error.code === "game_over" || error.code === "version_conflict") {
        await this.#look().catch(() => {});
      }
    }
    this.#close();
  }

  #tick() {
    setText(this.#time, say.waited(Math.floor((performance.now() - this.#since) / second)));
  }

  #stop() {
    clearInterval(this.#ticker);
    this.#connection.close();
  }

  #close() {
    this.#stop();
    this.#dialog.close();
    this.#dialog.remove();
    this.#finish();
  }
}
