// A game as this page knows it: the state line, and every numbered message folded onto it.

/** Where a standard game begins, for the steps before the first move. */
const standard = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1";

/** One position of a game; ply 0 is the start. */
function begin(fen) {
  return { ply: 0, fen, v: 0 };
}

/** Folds numbered messages onto a list of positions, in place: moves add one, takebacks remove some. */
export function foldLine(line, messages) {
  for (const one of messages) {
    if (one.t === "move") {
      const { v, seat, m, elapsed, clock, x = {} } = one;
      line.push({ ply: line.length, v, seat, m, elapsed, left: clock?.left, run: clock?.run, ...pick(x) });
    } else if (one.t === "takeback") {
      line.splice(Math.max(1, line.length - one.plies));
    } else if (one.t === "ended" && line.length > 0 && one.clock) {
      line.at(-1).end = one.clock.left;
    }
  }
  return line;
}

function pick({ san, fen, check }) {
  return { san, fen, check };
}

/**
 * Game holds what is known. replace() takes a state line, apply() a numbered message, notice() an unnumbered one.
 * now is this machine's monotonic time in ms; clocks are read against it.
 */
export class Game {
  last = 0; // version of the newest message applied
  line = []; // positions; complete only if lineKnown
  lineKnown = false;
  notices = { stale: false, gone: null, rematch: null, watchers: 0 };
  #here = {}; // seat -> has a socket, as last told
  #base = 0; // version of the state line
  #tail = []; // numbered messages since then

  /** Replaces everything by a state line. */
  replace(state, now) {
    const view = state.view ?? {};
    const start = view.start && view.start !== "startpos" ? view.start : standard;
    Object.assign(this, {
      id: state.game, kind: state.kind, status: state.status, seat: state.seat, players: state.players,
      turn: state.turn, offers: state.offers, rated: state.rated, delay: state.delay, parent: state.parent,
      reason: state.reason, winner: state.winner, scores: state.scores, next: state.next, start, last: state.v,
      fen: view.fen ?? start, check: view.check ?? false, legal: view.legal ?? null, plies: view.moves?.length ?? 0,
      lastMove: view.moves?.at(-1), view, viewed: state.v,
    });
    this.clock = { ...state.clock, at: now };
    this.#base = state.v;
    this.#here = Object.fromEntries(Object.entries(state.players).map(([seat, { here }]) => [seat, here]));
    this.#tail = [];
    this.line = [begin(start)];
    this.lineKnown = this.plies === 0;
    this.notices = { stale: false, gone: null, rematch: null, watchers: this.notices.watchers };
  }

  /** Takes the numbered messages 1 to upTo, which fill in what a state line does not tell. */
  fillLine(messages, upTo) {
    const line = foldLine([begin(this.start)], messages);
    foldLine(line, this.#tail.filter(({ v }) => v > upTo));
    if (upTo >= this.#base && line.length === this.plies + 1) {
      this.line = line;
      this.lineKnown = true;
    }
  }

  /** Applies one numbered message, the one after last. */
  apply(message, now) {
    this.last = message.v;
    this.#tail.push(message);
    if (this.lineKnown) {
      foldLine(this.line, [message]);
    }
    if (message.turn) {
      this.turn = message.turn;
    }
    if (message.clock?.left) {
      this.clock = { ...this.clock, ...message.clock, at: now };
    }
    folds[message.t]?.(this, message);
  }

  /** Takes an unnumbered message that is about the game. */
  notice(message, now) {
    switch (message.t) {
      case "stale":
        this.notices.stale = true;
        break;
      case "live":
        this.notices.stale = false;
        if (message.clock) {
          this.clock = { ...this.clock, ...message.clock, at: now };
        }
        break;
      case "crowd":
        this.notices.watchers = message.watchers;
        this.#here = message.here; // may come before "seated" does
        for (const [seat, here] of Object.entries(message.here)) {
          if (this.players[seat]) {
            this.players[seat] = { ...this.players[seat], here };
          }
        }
        break;
      case "gone":
        this.notices.gone = message.claim === undefined ? null : { seat: message.seat, at: now + message.claim };
        break;
      case "rematch":
        this.notices.rematch = { seat: message.seat, game: message.game };
        break;
    }
  }

  /** The position on the board now. */
  get position() {
    return { ply: this.plies, fen: this.fen, m: this.lastMove, check: this.check };
  }

  get over() {
    return this.status === "ended";
  }

  /** Whether clocks run down, other than by days. */
  get timed() {
    return this.clock.type === "fischer" || this.clock.type === "delay";
  }

  /** The other seat of a game for two, from the seat given. */
  other(seat = this.seat) {
    return seat === "white" ? "black" : "white";
  }

  /** The standing offer of a kind, if any. */
  offer(kind) {
    return this.offers.find((offer) => offer.kind === kind);
  }

  /** Whether a seat was said to have a socket. */
  isHere(seat) {
    return this.#here[seat] ?? false;
  }

  withoutOffer(kind) {
    this.offers = this.offers.filter((offer) => offer.kind !== kind);
  }
}

// What each numbered message changes, beside turn and clock, which are the same for all. "skip" changes nothing.
const folds = {
  seated(game, { seat, player }) {
    game.players = { ...game.players, [seat]: { ...player, here: game.isHere(seat) } };
  },

  started(game) {
    game.status = "ready";
    game.legal = null;
  },

  move(game, { seat, m, x = {} }) {
    game.status = "live";
    game.plies += 1;
    game.fen = x.fen ?? game.fen;
    game.check = x.check ?? false;
    game.legal = x.legal ?? null;
    game.lastMove = m;
    // A draw offer lapses when the other seat moves, a takeback offer with any move.
    game.offers = game.offers.filter((offer) => offer.kind === "draw" && offer.seat === seat);
  },

  takeback(game, { plies, view }) {
    game.plies -= plies;
    game.fen = view.fen;
    game.check = view.check ?? false;
    game.legal = view.legal ?? null;
    game.lastMove = view.moves?.at(-1);
    game.withoutOffer("takeback");
  },

  "draw-offered"(game, { seat, v }) {
    game.offers = [...game.offers, { kind: "draw", seat, v }];
  },

  "draw-declined"(game) {
    game.withoutOffer("draw");
  },

  "takeback-offered"(game, { seat, v, plies }) {
    game.offers = [...game.offers, { kind: "takeback", seat, v, plies }];
  },

  "takeback-declined"(game) {
    game.withoutOffer("takeback");
  },

  ended(game, { reason, winner, scores, next }) {
    Object.assign(game, { status: "ended", reason, winner, scores, next, turn: [], offers: [], legal: null });
    game.notices.gone = null;
  },
};
