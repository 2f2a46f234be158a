// Following the best game: when it ends, the next one comes.

import { Feed } from "./feed.js";
import { call } from "../net/api.js";
import { poll } from "../base/poll.js";

const every = 5000;
const linger = 4000; // ms in which the result of a game can be read

export class Follow {
  game = null;
  id = null;
  others = []; // the next best, as rows of /api/tv
  #caller;
  #feed;
  #until = 0;
  #look;

  /**
   * The caller gives chosen(id) when another game is on, changed(line) when that game has, and listed() after the list
   * of the best games was read; failed(error) when it could not be.
   */
  constructor(caller, most = 7) {
    this.#caller = caller;
    this.#feed = new Feed({
      changed: (id, line) => {
        if (id === this.id) {
          this.game = this.#feed.games.get(id);
          this.#caller.changed(line);
          if (this.game.over && this.#until === 0) {
            this.#linger();
          }
        }
      },
      missing: () => this.#drop(),
      linked: (link) => this.#caller.linked?.(link),
    });
    this.#look = poll(() => this.#read(most), every);
  }

  async #read(most) {
    let games;
    try {
      ({ games } = await call("GET", `/api/tv?kind=chess&limit=${most}`));
    } catch (error) {
      this.#caller.failed?.(error);
      throw error;
    }
    const shown = this.game && !this.game.over;
    const lingering = performance.now() < this.#until;
    if (!shown && !lingering) {
      // What has just ended may still be in the list for a moment.
      const next = games.find(({ game }) => !(game === this.id && this.game?.over));
      if (next && next.game !== this.id) {
        this.#turnTo(next.game);
      }
    }
    this.others = games.filter(({ game }) => game !== this.id);
    this.#caller.listed?.();
  }

  #turnTo(id) {
    this.id = id;
    this.game = null;
    this.#until = 0;
    this.#feed.watch([id]);
    this.#caller.chosen(id);
  }

  #linger() {
    this.#until = performance.now() + linger;
    setTimeout(() => this.#look(), linger + 50);
  }

  #drop() {
    this.id = null;
    this.game = null;
    this.#look();
  }
}
