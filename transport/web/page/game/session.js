// A session shows one game: it reads the game, keeps a socket to it, folds what arrives and sends what we wish.

import { call, insist, lines, newID } from "../net/api.js";
import { Commands } from "../net/commands.js";
import { Connection } from "../net/connection.js";
import { Game } from "./game.js";
import { forgetToken, freshToken, renewToken, whoAmI } from "../net/identity.js";
import { refusal, seatLost } from "../words.js";

const renewing = 20 * 60 * 1000; // how often it is looked whether our token needs a new one

const unnumbered = new Set(["state", "live", "stale", "ok", "error", "crowd", "gone", "rematch", "pong"]);

/**
 * Session of one game id. changed(message) is called after everything that may have changed what is shown, with the
 * message that did it if there was one; failed(text) with a refusal that belongs to no command.
 */
export class Session {
  game = new Game();
  link = { state: "connecting" };
  lost = false; // from the end of one socket until the next one has caught up
  #id;
  #connection = null;
  #commands = new Commands((object) => this.#connection.send(object));
  #looking = false; // a state is being read
  #changed;
  #failed;

  constructor(id, { changed, failed }) {
    this.#id = id;
    this.#changed = changed;
    this.#failed = failed;
  }

  /** Reads the game. Throws a Refusal if it can't be had. */
  async load() {
    // A socket that never breaks would outlive our token, and end with it.
    setInterval(() => freshToken().catch(() => null), renewing);
    this.game.replace(await this.#readState(), performance.now());
    this.#fill();
    return this.game;
  }

  /** Connects: to play if we have a seat, else to watch. */
  connect() {
    this.#connection?.close();
    this.#connection = new Connection({
      url: () => `${this.#path()}${this.game.last > 0 ? `?from=${this.game.last}` : ""}`,
      token: () => freshToken(),
      refused: () => this.#whyRefused(),
      expired: () => renewToken(),
      lines: (list) => this.#received(list),
      resync: () => { this.game.last = 0; },
      changed: (link) => this.#linked(link),
    });
    this.#connection.open();
  }

  /** Reads the game anew and connects anew: after sitting down. */
  async restart() {
    this.game.replace(await this.#readState(), performance.now());
    this.#fill();
    this.#changed();
    this.connect();
  }

  /** Sends a wish; resolves with the server's ok, throws a Refusal. */
  ask(wish, fields) {
    if (this.link.state === "finished" || this.link.state === "stopped") {
      const object = { t: wish, id: newID(), v: this.game.last, ...fields };
      return this.#askByHTTP(object);
    }
    return this.#commands.ask(wish, this.game.last, fields);
  }

  close() {
    this.#connection?.close();
  }

  #path() {
    return this.game.seat ? `/play/${this.#id}` : `/watch/${this.#id}`;
  }

  async #askByHTTP(object) {
    return insist(`/api/games/${this.#id}/commands`, { token: await freshToken(), body: object });
  }

  async #readState() {
    const path = `/api/games/${this.#id}`;
    try {
      return await call("GET", path, { token: await freshToken() });
    } catch (error) {
      if (error.code !== "unauthorized" || !whoAmI()) {
        throw error;
      }
      if (await renewToken()) {
        return call("GET", path, { token: await freshToken() });
      }
      // The token is no good any more. Watching needs none.
      forgetToken();
      return call("GET", path);
    }
  }

  // The positions before a state line. Not having them costs only the move list, so a failure is tried again later.
  async #fill() {
    const { game } = this;
    if (game.lineKnown) {
      return;
    }
    const upTo = game.last;
    const token = await freshToken();
    const messages = await lines(`/api/games/${this.#id}/events?to=${upTo}`, { token }).catch(() => null);
    if (messages && !game.lineKnown) {
      game.fillLine(messages, upTo);
      this.#changed();
    }
  }

  // It is our turn and nobody has told us where we may go: the first move after "started". The state tells.
  async #learnLegal() {
    const { game } = this;
    if (!game.seat || game.legal || game.over || !game.turn.includes(game.seat)) {
      return;
    }
    const state = await this.#readState().catch(() => null);
    if (state?.v === game.last && state.view.legal) {
      game.legal = state.view.legal;
      this.#changed();
    }
  }

  #received(list) {
    for (const message of list) {
      if (message.v !== undefined && !unnumbered.has(message.t)) {
        if (message.v <= this.game.last) {
          continue;
        }
        if (message.v !== this.game.last + 1) {
          this.#connection.again();
          return;
        }
        this.game.apply(message, performance.now());
      } else {
        this.#unnumbered(message);
      }
      this.#changed(message);
    }
    this.#learnLegal();
    this.#learnView();
  }

  // Of a kind that we have no board for only the state tells how it stands.
  async #learnView() {
    const { game } = this;
    if (game.kind === "chess" || this.#looking) {
      return;
    }
    this.#looking = true;
    while (game.viewed !== game.last) {
      const state = await this.#readState().catch(() => null);
      if (!state) {
        break;
      }
      Object.assign(game, { view: state.view, viewed: Math.max(state.v, game.last) });
      this.#changed();
    }
    this.#looking = false;
  }

  #unnumbered(message) {
    switch (message.t) {
      case "state":
        this.game.replace(message, performance.now());
        this.#fill();
        break;
      case "ok":
        this.#commands.answered(message);
        break;
      case "error":
        if (!this.#commands.answered(message)) {
          this.#failed(refusal(message));
        }
        break;
      case "live":
        this.game.notice(message, performance.now());
        this.#linked({ state: "live" });
        this.#commands.live();
        this.#fill();
        break;
      default:
        this.game.notice(message, performance.now());
    }
  }

  #linked(link) {
    this.link = link;
    this.lost = link.state === "waiting" || (this.lost && (link.state === "connecting" || link.state === "open"));
    if (link.state !== "live") {
      this.#commands.down();
    }
    if (link.state === "finished" || link.state === "stopped") {
      for (const { object, done, failed } of this.#commands.take()) {
        this.#askByHTTP(object).then(done, failed);
      }
    }
    this.#changed();
  }

  // A browser hides why a handshake failed; the state's route answers for it.
  async #whyRefused() {
    try {
      const state = await call("GET", `/api/games/${this.#id}`, { token: await freshToken() });
      if (this.game.seat && !state.seat) {
        this.#failed(seatLost);
      }
      this.game.seat = state.seat;
      return null;
    } catch (error) {
      if (error.code === "unauthorized") {
        if (!(await renewToken())) {
          forgetToken(); // the next attempt finds out what can be had without it
        }
        return null;
      }
      return ["forbidden", "not_found", "not_a_player"].includes(error.code) ? refusal(error) : null;
    }
  }
}
