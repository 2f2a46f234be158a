// Several games on one socket, each folded as the game's own screen folds it.

import { call } from "../net/api.js";
import { Connection } from "../net/connection.js";
import { Game } from "../game/game.js";
import { freshToken } from "../net/identity.js";
import { tv as say } from "../words.js";

const unnumbered = new Set(["state", "live", "stale", "ok", "error", "crowd", "gone", "rematch", "pong"]);

export class Feed {
  games = new Map(); // id -> Game, once its state has arrived
  #ids = [];
  #connection = null;
  #caller;

  /**
   * The caller gives changed(id) for everything that may change what is shown of a game, missing(id) for a game that
   * can't be watched, and linked(link) for how the connection is.
   */
  constructor(caller) {
    this.#caller = caller;
  }

  /** Watches these games, and no others, from now on. */
  watch(ids) {
    if (ids.length === this.#ids.length && ids.every((id) => this.#ids.includes(id))) {
      return;
    }
    this.#ids = ids;
    for (const id of [...this.games.keys()]) {
      if (!ids.includes(id)) {
        this.games.delete(id);
      }
    }
    this.#connection?.close();
    this.#connection = null;
    if (ids.length > 0) {
      this.#connect();
    }
  }

  close() {
    this.watch([]);
  }

  #connect() {
    const connection = new Connection({
      url: () => `/watch?games=${this.#ids.join(",")}`,
      token: () => freshToken(),
      refused: () => this.#refused(),
      lines: (list) => list.forEach((line) => connection === this.#connection && this.#heard(line)),
      resync: () => {},
      changed: (link) => connection === this.#connection && this.#caller.linked?.(link),
    });
    this.#connection = connection;
    connection.open();
  }

  #heard(line) {
    const now = performance.now();
    const id = line.game;
    let game = this.games.get(id);
    if (line.t === "state") {
      if (!game) {
        game = new Game();
        this.games.set(id, game);
      }
      game.replace(line, now);
    } else if (!game || line.t === "pong") {
      return;
    } else if (unnumbered.has(line.t)) {
      game.notice(line, now);
      if (line.t === "live") {
        this.#caller.linked?.({ state: "live" });
      }
    } else if (line.v > game.last) {
      if (line.v !== game.last + 1) {
        this.#connection.again();
        return;
      }
      game.apply(line, now);
    }
    this.#caller.changed(id, line);
  }

  // One game that can't be watched spoils the whole socket: find out which it is, and go on without it.
  async #refused() {
    const gone = [];
    await Promise.all(this.#ids.map((id) => call("GET", `/api/games/${encodeURIComponent(id)}`).catch((error) => {
      if (error.status === 404 || error.status === 403) {
        gone.push(id);
      }
    })));
    if (gone.length === 0) {
      return null;
    }
    this.#ids = this.#ids.filter((id) => !gone.includes(id));
    gone.forEach((id) => this.#caller.missing?.(id));
    return this.#ids.length === 0 ? say.nothingToSee : null;
  }
}
