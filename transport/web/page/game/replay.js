// A replay: the watch socket at a speed, from where we are.

import { Connection } from "../net/connection.js";
import { freshToken } from "../net/identity.js";

export class Replay {
  speed;
  clock = null; // as of the last move, read against this machine's time; null before the first
  #connection;

  /** Plays the messages after version from; moved(message) for each move, ended(reason) when there are no more. */
  constructor(id, from, speed, { moved, ended }) {
    let last = from;
    this.speed = speed;
    this.#connection = new Connection({
      url: () => `/watch/${id}?from=${last}&speed=${speed}`,
      token: () => freshToken(),
      refused: async () => null,
      resync: () => { last = 0; },
      changed: ({ state, reason }) => (state === "finished" || state === "stopped") && ended(reason),
      lines: (list) => {
        for (const message of list) {
          if (message.t === "move" && message.v > last) {
            this.clock = message.clock && { ...message.clock, at: performance.now() };
            moved(message);
          }
          last = message.t === "live" ? last : Math.max(last, message.v ?? 0);
        }
      },
    });
    this.#connection.open();
  }

  stop() {
    this.#connection.close();
  }
}
