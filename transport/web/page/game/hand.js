// What our hand does: the move that was sent and not answered yet, and the one that is kept for later.

import { listOf } from "../board/position.js";

/**
 * Hand plays over a session. changed() is called when what is shown may have changed; refused(error) with the refusal of
 * a move; dropped(m) when a premove turned out not to be possible.
 */
export class Hand {
  pending = null;
  premove = null;
  #session;
  #caller;

  constructor(session, caller) {
    this.#session = session;
    this.#caller = caller;
  }

  /** Where our pieces may go now, or null: it is not our turn, or nobody has told yet. */
  get legal() {
    const { game, link } = this.#session;
    return game.turn.includes(game.seat) && !this.pending && link.state !== "stopped" ? game.legal : null;
  }

  /** The side whose pieces may be chosen for later, or null. */
  get mine() {
    const { game, link } = this.#session;
    const playing = game.seat && (game.status === "ready" || game.status === "live") && link.state !== "stopped";
    return playing && !this.legal ? game.seat : null;
  }

  /** Sends a move. */
  async play(m) {
    this.pending = m;
    this.#caller.changed();
    try {
      await this.#session.ask("move", { m });
    } catch (error) {
      this.premove = null; // it was meant for a position that does not come
      this.#caller.refused(error);
    }
    this.pending = this.pending === m ? null : this.pending;
    this.#caller.changed();
  }

  /** Keeps a move until it is our turn; null forgets the one that is kept. */
  keep(m) {
    this.premove = m;
    this.#caller.changed();
  }

  /**
   * Takes a message that was folded onto the game, or none if only what is legal has become known. If it makes it our
   * turn the premove goes out at once, before anything is drawn.
   */
  arrived(message) {
    if (message?.t === "move" && message.m === this.pending) {
      this.pending = null;
    } else if (message?.t === "takeback" || message?.t === "ended") {
      this.premove = null;
    }
    const { legal, premove } = this;
    if (!premove || !legal) {
      return;
    }
    this.premove = null;
    if (listOf(legal[premove.slice(0, 2)]).includes(premove.slice(2, 4))) {
      this.play(premove);
    } else {
      this.#caller.dropped(premove);
    }
  }
}
