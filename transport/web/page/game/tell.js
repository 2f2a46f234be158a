// What a message sounds like, and what is said about it to those who listen.

import { remaining } from "./clocks.js";
import { play } from "./sounds.js";
import { ending, playerName, saidWords as words } from "../words.js";

/** Tells of a message that was folded onto game: captured whether it took a piece, ours whether we heard it already. */
export function tell(message, { game, say, captured, ours, now }) {
  const who = () => playerName(game.players[message.seat], message.seat);
  const other = message.seat !== game.seat;
  switch (message.t) {
    case "move":
      say(words.move(message.seat, message.x?.san ?? String(message.m)) + timeLeft(game, message, now));
      if (game.check) {
        play("check");
      } else if (!ours) {
        play(captured ? "capture" : "move");
      }
      break;
    case "ended":
      say(words.ended(ending(game)));
      play("end");
      break;
    case "seated":
      say(words.seated(message.player, message.seat));
      break;
    case "started":
      say(words.started);
      play("notify");
      break;
    case "draw-offered":
      other && (say(words.draw(who())), game.seat && play("notify"));
      break;
    case "takeback-offered":
      other && (say(words.takeback(who())), game.seat && play("notify"));
      break;
    case "draw-declined":
    case "takeback-declined":
      other && say(words.declined);
      break;
    case "takeback":
      say(words.tookBack);
      play("move");
      break;
    case "time-added":
      say(words.added(message.ms, message.to));
      break;
    case "gone":
      other && say(message.claim === undefined ? words.back(who()) : words.gone(who()));
      break;
  }
}

// After the opponent's move our own time is what matters.
function timeLeft(game, message, now) {
  if (!game.timed || !game.seat || message.seat === game.seat) {
    return "";
  }
  const left = remaining(game.clock, game.seat, now);
  return left === undefined ? "" : ` ${words.left(left)}`;
}
