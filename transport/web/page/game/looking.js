// Looking back: which position is on the board, and a replay that moves on by itself.

import { Replay } from "./replay.js";

export class Looking {
  /** The ply looked at; null = the newest. */
  ply = null;
  replay = null;
  #wanted = null; // a ply out of the address, until the moves are known
  #session;
  #caller;

  /** changed() is called when what is looked at may have changed, failed(text) when a replay could not go on. */
  constructor(session, caller) {
    this.#session = session;
    this.#caller = caller;
    const [, wanted] = /[?&#]ply=(\d{1,5})(?:&|#|$)/.exec(location.search + location.hash) ?? [];
    this.#wanted = wanted === undefined ? null : Number(wanted);
  }

  /** The number of the newest position. */
  get newest() {
    return this.#session.game.line.length - 1;
  }

  /** The position to show. */
  get position() {
    const { game } = this.#session;
    return this.ply === null ? game.position : game.line[this.ply] ?? game.position;
  }

  /** Goes to where the address points, once it is known what is there; and back when that was taken back. */
  settle() {
    if (this.#wanted !== null && this.#session.game.lineKnown) {
      const ply = this.#wanted;
      this.#wanted = null;
      this.pick(ply);
    }
    if (this.ply > this.newest) {
      this.ply = null;
    }
  }

  pick(ply) {
    this.#stop();
    this.ply = ply >= this.newest ? null : Math.max(0, ply);
    this.#caller.changed();
  }

  /** Starts a replay from where we look, or stops it: speed 0. */
  play(speed) {
    this.#stop();
    const { line, id } = this.#session.game;
    if (speed > 0 && line.length > 1) {
      this.ply ??= 0;
      // At the start: from just before the first move, not from when somebody opened the game.
      const from = this.ply > 0 ? line[this.ply].v : line[1].v - 1;
      this.replay = new Replay(id, from, speed, {
        moved: ({ v }) => {
          const at = line.findIndex((position) => position.v === v);
          this.ply = at >= 0 ? at : this.ply; // a move that was taken back has no place in the line
          this.#caller.changed();
        },
        ended: (reason) => {
          this.#stop();
          this.ply = null;
          if (reason) {
            this.#caller.failed(reason);
          }
          this.#caller.changed();
        },
      });
    }
    this.#caller.changed();
  }

  /** Takes a key of the whole page; tells whether it was one for stepping. */
  key(name) {
    const at = this.ply ?? this.newest;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: this.newest }[name];
    if (to === undefined || to < 0) {
      return false;
    }
    this.pick(to);
    return true;
  }

  #stop() {
    this.replay?.stop();
    this.replay = null;
  }
}
