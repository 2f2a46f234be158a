// Commands that were sent and not answered yet. Section 11, points 4 and 5: the same object goes out again until the
// server has said what became of it.

import { Refusal, newID } from "./api.js";

const patience = 2500;
const pause = 500;

// Refusals after which the outcome is open, or the server was only too busy.
const again = new Set(["unknown", "internal", "busy", "unavailable", "rate_limited"]);

export class Commands {
  #send;
  #waiting = new Map(); // id -> {object, done, failed, timer}
  #live = false;

  /** send(object) sends over the socket. */
  constructor(send) {
    this.#send = send;
  }

  /** Sends a command made from version basis; the promise tells the answer, however long that takes. */
  ask(wish, basis, fields = {}) {
    const object = { t: wish, id: newID(), v: basis, ...fields };
    return new Promise((done, failed) => {
      this.#waiting.set(object.id, { object, done, failed, timer: 0 });
      if (this.#live) {
        this.#post(object.id);
      }
    });
  }

  /** The socket has caught up: everything that was not answered goes out again. */
  live() {
    this.#live = true;
    for (const id of this.#waiting.keys()) {
      this.#post(id);
    }
  }

  /** The socket is gone: nothing goes out until it is back. */
  down() {
    this.#live = false;
    for (const one of this.#waiting.values()) {
      clearTimeout(one.timer);
    }
  }

  /** What has not been answered; empties the list. Used to ask over HTTP once no socket will come back. */
  take() {
    const open = [...this.#waiting.values()];
    this.down();
    this.#waiting.clear();
    return open;
  }

  /** Takes an answer, ok or error; tells whether it was to a command of ours. */
  answered(answer) {
    const one = this.#waiting.get(answer.id);
    if (!one) {
      return false;
    }
    clearTimeout(one.timer);
    if (answer.t === "error" && again.has(answer.code)) {
      one.timer = setTimeout(() => this.#post(answer.id), answer.after ?? pause);
      return true;
    }
    this.#waiting.delete(answer.id);
    if (answer.t === "ok") {
      one.done(answer);
    } else {
      one.failed(new Refusal(answer));
    }
    return true;
  }

  #post(id) {
    const one = this.#waiting.get(id);
    if (one && this.#live) {
      clearTimeout(one.timer);
      one.timer = setTimeout(() => this.#post(id), patience);
      this.#send(one.object);
    }
  }
}
