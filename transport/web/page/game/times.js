// The clocks on the screen: of the live game, of a position that was, or of a replay.

import { remaining, resting } from "./clocks.js";
import { hurry } from "./strips.js";

const calm = 15000; // ms left from which a warning may come again

export class Times {
  #strips;
  #warn;
  #warned = false;

  /** warn(left) is called once when our own clock runs below 10 s. */
  constructor(strips, warn) {
    this.#strips = strips;
    this.#warn = warn;
  }

  /** Shows the clocks: {game, looking, seats: {top, bottom}, now, steady}. */
  show({ game, looking, seats, now, steady }) {
    // In a game that goes on its clocks count, wherever we look; in a finished one they show what they showed then.
    const then = game.over && looking.ply !== null ? game.line[looking.ply] : null;
    const clock = looking.replay?.clock ? { ...game.clock, ...looking.replay.clock } : game.clock;
    const rate = looking.replay?.clock ? looking.replay.speed : 1;
    const replayed = looking.replay?.clock !== undefined && looking.replay?.clock !== null;
    for (const [place, seat] of Object.entries(seats)) {
      const left = then && !replayed ? then.left?.[seat] ?? game.clock.initial : remaining(clock, seat, now, rate);
      const running = (!game.over || replayed) && (clock.run ?? []).includes(seat);
      this.#strips[place].time({ left, running, steady, type: game.clock.type, resting: running ? resting(clock, seat, now, rate) : 0 });
    }
    this.#watch(game, now);
  }

  #watch(game, now) {
    const left = game.timed && game.seat && !game.over ? remaining(game.clock, game.seat, now) : undefined;
    if (left === undefined || left > calm) {
      this.#warned = false;
    } else if (left < hurry && left > 0 && !this.#warned && game.clock.run?.includes(game.seat)) {
      this.#warned = true;
      this.#warn(left);
    }
  }
}
