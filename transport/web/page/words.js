// What the page says. Every sentence that tables choose among is here.

const sides = { white: "White", black: "Black" };

/** How a seat is called. */
export function seatName(seat) {
  return sides[seat] ?? seat;
}

// A name from a file of games can hold what turns the direction of writing, and would turn all that stands behind it.
const turning = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** How a player is called; names can be missing (erased). */
export function playerName(player, seat) {
  return player?.name?.replace(turning, "") || (player ? "Somebody" : seatName(seat));
}

/** A time control in a few characters, and in words. */
export function clockName(clock) {
  const minutes = (ms) => (ms % 60000 === 0 ? `${ms / 60000}` : ms < 60000 ? `${ms / 1000}s` : (ms / 60000).toFixed(1));
  switch (clock?.type) {
    case "fischer":
      return `${minutes(clock.initial)}+${clock.increment / 1000}`;
    case "delay":
      return `${minutes(clock.initial)} min, ${clock.delay / 1000} s delay`;
    case "days":
      return clock.days === 1 ? "1 day a move" : `${clock.days} days a move`;
    default:
      return "no clock";
  }
}

const endings = {
  mate: "by checkmate",
  resign: "by resignation",
  timeout: "on time",
  stalemate: "Stalemate",
  threefold: "Threefold repetition",
  fivefold: "Fivefold repetition",
  fifty: "Fifty-move rule",
  seventyfive: "Seventy-five-move rule",
  insufficient: "Neither side can mate",
  "timeout-insufficient": "Time ran out, but the other side can't mate",
  agreement: "By agreement",
  abandoned: "after the opponent left",
  aborted: "Game aborted",
  withdrawn: "Game withdrawn",
  paired: "Continued in another game",
  "no-start": "Game aborted: the first move did not come",
  ruling: "by ruling",
};

/** How a game ended: the score, the headline and the reason. */
export function ending(game) {
  const reason = endings[game.reason] ?? game.reason ?? "";
  if (game.winner) {
    return { score: game.winner === "white" ? "1–0" : "0–1", title: `${seatName(game.winner)} wins`, reason };
  }
  if (game.scores && Object.keys(game.scores).length > 0) {
    return { score: "½–½", title: "Draw", reason };
  }
  return { score: "", title: reason, reason: "No result is recorded." };
}

const refusals = {
  offline: "The server can't be reached. Check your connection and try again.",
  bad_message: "The server did not understand that.",
  unauthorized: "You are not signed in any more. Reload the page.",
  forbidden: "This invitation is not valid.",
  not_found: "There is no such game, or it is not open to you.",
  not_a_player: "You have no seat in this game.",
  game_full: "Somebody else has taken this seat.",
  already_joined: "You sit in this game already.",
  not_started: "The game has not started yet.",
  game_over: "The game is over.",
  not_your_turn: "It is not your turn.",
  illegal_move: "That move is not allowed.",
  no_offer: "That offer does not stand any more.",
  version_conflict: "The game moved on before that arrived. Look again and decide anew.",
  rate_limited: "Too many at once. Wait a moment.",
  quota_exceeded: "You have too many unfinished games.",
  busy: "The server is busy with this game. Try again.",
  unavailable: "The server can't do that just now. Nothing was changed; try again.",
};

// Refusals that depend on what was asked.
const earlies = {
  "draw-claim": "Nothing to claim: neither a threefold repetition nor fifty quiet moves.",
  "draw-offer": "You can offer a draw once per move of your own.",
  "takeback-offer": "You can ask for a takeback once per move.",
  "claim-victory": "Your opponent may still come back. Wait a little longer.",
  "claim-draw": "Your opponent may still come back. Wait a little longer.",
};

/** A refusal in words; wish is the type of the command that was refused, if it was one. */
export function refusal(error, wish) {
  if (error.code === "too_early" && earlies[wish]) {
    return earlies[wish];
  }
  return refusals[error.code] ?? error.message ?? "That did not work.";
}

/** The buttons' words for the wishes of a player. */
export const wishes = {
  resign: "Resign",
  abort: "Abort game",
  withdraw: "Withdraw game",
  "draw-offer": "Offer draw",
  "draw-claim": "Claim draw",
  "takeback-offer": "Ask takeback",
  "add-time": "Give 15 s",
  rematch: "Rematch",
};

/** What closes a socket for good, by close code. */
export const stops = {
  4500: "The page and the server do not understand each other. Reload the page.",
  4502: "Too many requests came from here. Wait a minute, then reload the page.",
  4503: "You may not see this game any more.",
  4504: "This game is open in too many tabs. Close some, then reload this one.",
};

/** Said when our token is no good any more and nobody can prove who we are. */
export const seatLost = "Your guest name has expired, so this page can only watch now.";

/** Any other close that forbids to come back: RFC codes of a broken client. */
export const stopped = "The connection was refused. Reload the page.";

// The game's screen.

// The first page, players, boards and TV.
