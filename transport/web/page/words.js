// What the page says. Every sentence that tables choose among is here.

const sides = { white: "White", black: "Black" };

/** Asking for a name. */
export const nameWords = {
  title: "What shall we call you?",
  text: "Everybody who sees your games sees this name. You need no account.",
  label: "Your name",
  example: "Ann",
  limits: "1 to 32 characters",
  cancel: "Cancel",
  go: "Continue",
};

/** The cross on a notice. */
export const dismiss = "Dismiss";

/** How a seat is called. */
export function seatName(seat) {
  return sides[seat] ?? seat;
}

/** What the window is called: the screen, and whose server this is. */
export function windowTitle(text) {
  return `${text} · ply`;
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
      return `${minutes(clock.initial)}+${(clock.increment ?? 0) / 1000}`;
    case "delay":
      return `${clock.initial < 60000 ? `${clock.initial / 1000} s` : `${minutes(clock.initial)} min`}, ${(clock.delay ?? 0) / 1000} s delay`;
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
  4500: "The page and the server do not understand each other. Reload the page: it may be an old one.",
  4502: "Too many requests came from here. Wait a minute, then reload the page.",
  4503: "You may not see this game any more. Whoever invited you can send a new link.",
  4504: "This game is open in too many tabs or windows. Close some, then use this one.",
};

/** Said when our token is no good any more and nobody can prove who we are. */
export const seatLost = "Your guest name has expired, so this page can only watch now.";

/** Any other close that forbids to come back: RFC codes of a broken client. */
export const stopped = "The connection was refused. Reload the page.";

// The game's screen.

/** The pieces by their letters. */
export const pieceNames = { q: "Queen", n: "Knight", r: "Rook", b: "Bishop", k: "King", p: "Pawn" };

/** The name of a piece as FEN writes it, such as "white knight". */
export function pieceName(code) {
  return `${code === code.toUpperCase() ? "white" : "black"} ${pieceNames[code.toLowerCase()].toLowerCase()}`;
}

/** A rating behind a name; empty without one. */
export function ratingOf(player) {
  return player?.rating ? String(player.rating) : "";
}

export const boardWords = {
  board: "Chess board",
  promote: "Promote to",
  square: (square, piece, { target, selected, premove }) => square + (piece ? `, ${piece}` : "") + (target ? ", can go here" : "")
    + (selected ? ", selected" : "") + (premove ? ", premove" : ""),
};

export const miniWords = {
  label: (players, seat, over) => `${playerName(players?.white, "white")} against ${playerName(players?.black, "black")}, `
    + (over ? `finished${typeof over === "string" ? ` ${over}` : ""}` : seat ? `${seatName(seat)} to move` : "not started"),
};

/** A time as people say it, for screen readers. */
export function spokenTime(ms) {
  const seconds = Math.floor(ms / 1000);
  const parts = [];
  for (const [size, unit] of [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]]) {
    const n = size === 1 ? seconds % 60 : Math.floor(seconds / size) % (size === 86400 ? 1e9 : size === 3600 ? 24 : 60);
    if (n > 0) {
      parts.push(`${n} ${unit}${n === 1 ? "" : "s"}`);
    }
  }
  return parts.slice(0, 2).join(" ") || "no time";
}

/** A move as people say it: "Nbxd2+" is "knight b takes d2, check". What is not SAN is said as it is written. */
export function spokenMove(san) {
  const [, castle, piece, from, takes, to, promoted, sign] = /^(?:(O-O(?:-O)?)|([KQRBN])?([a-h]?[1-8]?)(x)?([a-h][1-8])(?:=([QRBN]))?)([+#])?$/.exec(san) ?? [];
  const end = { "+": ", check", "#": ", checkmate" }[sign] ?? "";
  if (castle) {
    return (castle === "O-O" ? "castles kingside" : "castles queenside") + end;
  }
  if (!to) {
    return san;
  }
  const words = [piece ? pieceNames[piece.toLowerCase()].toLowerCase() : takes ? "" : "pawn", from, takes && "takes", takes ? to : `to ${to}`];
  return words.filter(Boolean).join(" ") + (promoted ? `, promotes to ${pieceNames[promoted.toLowerCase()].toLowerCase()}` : "") + end;
}

/** A change of a rating, with its sign: a hyphen is no minus. */
function signed(n) {
  return n < 0 ? `−${-n}` : `+${n}`;
}

export const settingWords = {
  title: "Settings",
  theme: "Colours",
  themes: { auto: "Automatic", light: "Light", dark: "Dark" },
  board: "Board",
  boards: { sage: "Sage", wood: "Wood" },
  sound: "Sounds",
  soundText: "Moves, captures, checks and a short clock",
  motion: "Animations",
  motionText: "Pieces glide. Your system's wish for less motion holds in any case",
  done: "Done",
};

export const typedWords = {
  label: "Type a move, such as Nf3 or e2e4",
  example: "Type a move: Nf3, e2e4",
  send: "Play",
  unreadable: "That is not a move. Write e2e4, Nf3, exd5 or O-O.",
  wait: "It is not your turn. A move for later needs both squares, such as e2e4.",
  illegal: (text) => `${text} is not allowed here.`,
  ambiguous: (moves) => `More than one piece can go there. Write ${moves.slice(0, -1).join(", ")} or ${moves.at(-1)}.`,
  promotion: (to) => `Which piece shall the pawn become? Write ${to}=Q, =R, =B or =N.`,
};

export const moveWords = {
  list: "Moves",
  none: "No moves yet.",
  reading: "Reading the moves…",
  record: "Moves of the game",
  position: "Position",
  positionAt: (ply, newest) => `After move ${ply} of ${newest}`,
  replay: "Replay",
  pause: "Pause",
  speed: "Replay speed",
  times: (n) => `${n}×`,
  first: "First position",
  back: "One move back",
  on: "One move on",
  last: "Newest position",
};

export const stripWords = {
  here: "Here",
  away: "Not connected",
  free: (seat) => `${seatName(seat)} is free`,
  note: (player, seat, me, rated) => [me ? "you" : "", ratingOf(rated ?? player) + (rated ? ` (${signed(rated.change)})` : ""),
    player ? seatName(seat).toLowerCase() : ""].filter(Boolean).join(" · "),
  delay: (ms) => `${Math.ceil(ms / 1000)} s free`,
};

/** What the tools and titles of the game's page say. */
export const tableWords = {
  stage: "Board",
  flip: "Flip board",
  flipTitle: "Look from the other side (key F)",
  copyLink: "Copy link",
  copyPly: "Copy link to this move",
  copyTitle: "Whoever opens the link watches the game",
  copied: "Link copied. Whoever opens it watches the game.",
  notCopied: (link) => `Whoever opens ${link} watches the game.`,
  pgnCopied: "PGN copied.",
  pgnNotCopied: "The clipboard is not open to this page. Download the PGN instead.",
  premoveDropped: (m) => `Your premove ${m} is not possible any more.`,
  premove: (m) => `Premove ${m.slice(0, 2)} to ${m.slice(2, 4)}`,
  rated: "rated",
  casual: "casual",
  watching: "you are watching",
  finished: "finished game",
  watchers: (n) => `${n} watching`,
  late: (ms) => `shown ${ms < 120000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60000)} min`} late`,
  yourTurn: "Your turn",
  versus: (players) => ["white", "black"].map((seat) => playerName(players[seat], seat)).join(" – "),
};

/** What is said aloud. */
export const saidWords = {
  move: (seat, san) => `${seatName(seat)}: ${spokenMove(san)}.`,
  left: (ms) => `You have ${spokenTime(ms)}.`,
  low: (ms) => `${Math.ceil(ms / 1000)} seconds left!`,
  ended: ({ title, reason, score }) => `${title}, ${reason}. ${score}`,
  started: "The game has started.",
  seated: (player, seat) => `${playerName(player, seat)} sits down as ${seatName(seat)}.`,
  draw: (who) => `${who} offers a draw.`,
  takeback: (who) => `${who} asks to take back a move.`,
  tookBack: "The move was taken back.",
  declined: "The offer was declined.",
  added: (ms, seat) => `${seatName(seat)} got ${ms / 1000} seconds.`,
  gone: (who) => `${who} is not connected.`,
  back: (who) => `${who} is back.`,
  rating: (one) => `Your rating is now ${one.rating} (${signed(one.change)}).`,
};

/** What the cards beside the board say. */
export const cardWords = {
  stopped: "Not connected",
  reload: "Reload the page",
  useHere: "Use this tab",
  lost: "Connection lost",
  lostPlaying: "The page comes back by itself. A move you make now is sent as soon as the server is there.",
  lostWatching: "The page comes back by itself and shows what it missed.",
  stale: "The feed stands still",
  staleText: "What you see may be old. It goes on by itself.",
  invite: "Invite your opponent",
  inviteText: (clock) => `Send this link to your opponent. The game starts when they sit down. ${clock}.`,
  wait: "Waiting for your opponent",
  waitText: (clock) => `The seat is kept for your opponent. The game starts when they sit down. ${clock}.`,
  invited: (host) => `${host} invites you`,
  invitedText: (seat, clock) => `You play ${seatName(seat)}. ${clock}.`,
  sit: (seat) => `Play ${seatName(seat)}`,
  open: "Waiting for players",
  openText: (clock) => `The game starts when both seats are taken. ${clock}.`,
  link: "Invitation link",
  copy: "Copy",
  copied: "Copied",
  yourTurn: "Your turn",
  toMove: (who) => `${who} to move`,
  nobody: "Please wait",
  first: "The first move is due within 30 seconds. The clock starts after it.",
  youInCheck: "You are in check.",
  inCheck: "Check.",
  premove: (m) => `Your premove ${m.slice(0, 2)}–${m.slice(2, 4)} goes out as soon as it is your turn.`,
  cancelPremove: "Call it off",
  drawMine: "Draw offered",
  drawMineText: "The offer stands until your opponent moves.",
  takebackMine: "Takeback asked for",
  takebackMineText: "Your opponent can accept until somebody moves.",
  draw: (who) => `${who} offers a draw`,
  drawText: "Moving on declines it.",
  takeback: (who, plies) => `${who} asks to take back ${plies === 1 ? "the last move" : `the last ${plies ?? 2} moves`}`,
  takebackText: "Used time is not given back.",
  acceptDraw: "Accept draw",
  acceptTakeback: "Accept takeback",
  decline: "Decline",
  gone: (who) => `${who} is not connected`,
  claimIn: (seconds) => `If they don't come back, you can claim the game in ${seconds} s.`,
  claimNow: "You can end the game now, or wait.",
  claimVictory: "Claim victory",
  claimDraw: "Call it a draw",
  won: "You won.",
  lostGame: "You lost.",
  next: "Go to the next game",
  wantsRematch: (who) => `${who} wants a rematch.`,
  acceptRematch: "Accept rematch",
  toRematch: "Go to the rematch",
  asking: "Asking…",
  pgn: "Download PGN",
  copyPGN: "Copy PGN",
  another: "New game",
};

/** What each wish will do, for the buttons' titles. */
export const wishTitles = {
  resign: (opponent) => `${opponent} wins at once. You are asked again first`,
  abort: () => "The game ends without a result",
  withdraw: () => "The game is called off; the invitation becomes void",
  "draw-offer": (opponent) => `${opponent} can accept until moving. Once per move of your own`,
  "draw-claim": () => "Threefold repetition, or fifty moves without capture and pawn move",
  "takeback-offer": (opponent, plies) => `${opponent} is asked to take back ${plies === 1 ? "your last move" : "your last move and the answer to it"}`,
  "add-time": (opponent) => `Gives ${opponent} 15 seconds`,
};

export const resignWords = { title: "Resign the game?", text: (opponent) => `${opponent} wins at once.`, yes: "Resign", no: "Keep playing" };

/** A game of a kind that this page has no board for. */
export const foreignWords = {
  title: (kind) => `A game of ${kind}`,
  text: "This page has no board for this kind of game. It shows what the server tells.",
  view: "Position",
  messages: "What happened",
  players: (players) => Object.entries(players).map(([seat, player]) => `${seat}: ${playerName(player, seat)}`).join(" · "),
  status: { open: "Waiting for players", ready: "About to start", live: "Being played", ended: "Finished" },
  toMove: (turn) => (turn?.length > 0 ? `${turn.map(seatName).join(", ")} to move` : ""),
};

// The first page, players, boards and TV.

/** The frame around every screen. */
export const frame = {
  skip: "Skip to the page",
  navigation: "Main",
  links: {
    connecting: "Connecting…", open: "Catching up…", live: "Connected", finished: "Game over", stopped: "Disconnected",
    waiting: "Connection lost. Reconnecting…",
  },
  play: "Play",
  watch: "Watch",
  players: "Players",
  movesAreSafe: "Your moves are safe. The page comes back by itself.",
  wrong: "Something went wrong on this page. Reload it if it looks odd.",
  noGame: "This game can't be shown",
  noPlayer: "This player can't be shown",
  startGame: "Start a game",
};

/** The classes of time controls, and what is none. */
export const classes = {
  bullet: "Bullet", blitz: "Blitz", rapid: "Rapid", classical: "Classical", days: "Daily", none: "No clock", own: "Your own",
};

const traits = ["Brave", "Bright", "Calm", "Clever", "Daring", "Eager", "Gentle", "Happy", "Honest", "Jolly", "Keen", "Lively", "Lucky",
  "Merry", "Nimble", "Noble", "Patient", "Proud", "Quick", "Quiet", "Sly", "Steady", "Swift", "Wise"];
const animals = ["Badger", "Beaver", "Bison", "Crane", "Falcon", "Finch", "Fox", "Hare", "Hawk", "Heron", "Ibex", "Jackdaw", "Kestrel",
  "Lynx", "Magpie", "Marten", "Moose", "Otter", "Owl", "Puffin", "Raven", "Robin", "Stork", "Swan", "Tern", "Weasel", "Wolf", "Wren"];

/** A name for somebody who has not chosen one. */
export function friendlyName() {
  const [a, b] = crypto.getRandomValues(new Uint32Array(2));
  return `${traits[a % traits.length]} ${animals[b % animals.length]}`;
}

/** A day, as this browser's owner writes it. */
export function date(ms) {
  return new Date(ms).toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" });
}

/** How long ago something was. */
export function ago(ms) {
  const minutes = Math.floor((Date.now() - ms) / 60000);
  if (minutes < 1) {
    return "just now";
  }
  if (minutes < 60) {
    return `${minutes} min ago`;
  }
  return minutes < 24 * 60 ? `${Math.floor(minutes / 60)} h ago` : date(ms);
}

const plural = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

/** The first page. */
export const home = {
  opera: { white: { name: "Morphy" }, black: { name: "Duke & Count" } },
  title: "Play chess, now.",
  lead: "Choose a time and somebody sits down opposite. No account needed.",
  quick: "Quick pairing",
  playAs: "You play as",
  changeName: "Change name",
  looking: "Looking for an opponent",
  lookingFor: (clock) => `${clock}. Keep this page open: the game begins as soon as somebody comes.`,
  awayFor: (clock) => `${clock}. The connection is gone for a moment; the search goes on when it is back.`,
  waited: (seconds) => (seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`),
  cancel: "Cancel",
  close: "Close",
  stoppedLooking: "Not looking any more",
  nobodyCame: "Nobody came while this page was here, and then it was away for too long.",
  lookAgain: "Look again",
  ownGame: "Your own game",
  against: "Against",
  opponents: { invite: "A friend", player: "A player", open: "Anybody" },
  time: "Time for each player",
  minutes: "Minutes",
  seconds: "Seconds a move",
  secondsAre: "Seconds are",
  fischer: "added after it",
  simpleDelay: "free before it",
  youPlay: "You play",
  colours: { white: "White", random: "Either", black: "Black" },
  yourName: "Your name",
  further: "More choices",
  rated: "Rated",
  ratedWhy: "for players with an account",
  watch: "Who may watch",
  watchers: { public: "Everybody", link: "Who has the link", off: "Nobody" },
  delay: "They see it",
  delayOf: (seconds) => (seconds === 0 ? "at once" : seconds < 60 ? `${seconds} s late` : `${seconds / 60} min late`),
  fen: "Start from a position (FEN)",
  fenExample: "the usual one",
  startWith: { invite: "Get a link to send", player: "Send the challenge", open: "Open the game to all" },
  choosePlayer: "Choose whom to challenge first.",
  link: "Link to a game",
  linkHint: "Paste a link to a game",
  noLink: "That is not a link to a game.",
  open: "Open",
  challenges: "Challenges to you",
  challengesYou: "challenges you.",
  challengeTerms: (seat, clock, rated) => `You play ${seat}. ${clock}, ${rated ? "rated" : "casual"}.`,
  accept: "Accept",
  decline: "Decline",
  myGames: "Your games",
  youAre: (seat) => seat.toLowerCase(),
  yourTurn: "Your turn",
  theirTurn: "Their turn",
  over: "Over",
  waitingForOpponent: "Waiting",
  nobodyYet: "Nobody yet",
  openGames: "Open games",
  noOpenGames: "Nobody is waiting just now. Choose a time: whoever comes next finds you.",
  moreOpenGames: (n) => `and ${n} more`,
  yours: "Yours",
  membersOnly: "Rated: needs an account",
  terms: (rated, seat) => `${rated ? "Rated" : "Casual"} · play ${seat}`,
  noAnswer: "The server does not answer. The list comes back by itself.",
  bestGame: "On the board now",
  nobodyPlays: "Nobody plays in public just now.",
  watchMany: (n) => `Watch ${plural(n, "game")} at once`,
  endedGames: "Worth a look",
  noEndedGames: "No game has ended yet.",
};

/** The TV and the many boards. */
export const tv = {
  title: "ply TV",
  lead: "The best game now. When it ends, the next one comes.",
  also: "Also on",
  many: "Watch many boards",
  boards: "Many boards",
  rated: "rated",
  watching: (n) => `${n} watching`,
  openGame: "Open the game",
  openGameOf: (white, black) => `Open the game: ${white} against ${black}`,
  nowShowing: (white, black) => `Now on: ${white} against ${black}.`,
  nextSoon: "The next game comes.",
  nobodyPlays: "Nobody plays in public just now. The first game that begins is shown here.",
  nothingToSee: "None of these games can be watched.",
  notToSee: "Not to be seen",
  noAnswer: "The server does not answer. The page goes on by itself.",
};

/** The pages of players. */
export const people = {
  title: "Players",
  lead: "Find somebody, or see who is on top.",
  find: "Find a player",
  playerName: "Player's name",
  searchHint: "The beginning of a name",
  found: "Players found",
  recent: "You have played with them lately.",
  nobodyFound: "Nobody of this name was here lately.",
  chosen: (name) => `${name} it is.`,
  nobodyRated: "Nobody has a settled rating yet.",
  noAnswer: "The server does not answer. The page goes on by itself.",
  guest: "Guest",
  member: "Player",
  since: (day) => `here since ${day}`,
  thatsYou: "that's you",
  games: "Games",
  gamesCount: (n) => plural(n, "game"),
  results: { won: "Won", drawn: "Drawn", lost: "Lost" },
  outcomes: { won: "Won", drawn: "Drawn", lost: "Lost", none: "–" },
  ratings: "Ratings",
  paces: "Class of time control",
  provisional: "Not settled yet",
  unrated: "No rated games yet.",
  guestsAreUnrated: "Guests are not rated. Ratings are for players with an account.",
  graphOf: (name, first, last, peak, n) => `Rating of ${name}: from ${first} to ${last} in ${plural(n, "game")}, at best ${peak}.`,
  changesOf: (name) => `Rating changes of ${name}`,
  asTable: "As a table",
  tableHead: ["Day", "Opponent", "Result", "Rating", "Change"],
  headToHead: "Head to head",
  you: "you",
  versus: (name, other, won, drawn, lost) => `${name} against ${other}: ${won} won, ${drawn} drawn, ${lost} lost.`,
  neverMet: (name, other) => `${name} has not finished a game against ${other}.`,
  history: "Games",
  filters: "Which games",
  any: "All",
  result: "Result",
  colour: "Colour",
  pace: "Time",
  kind: "Kind",
  ratedGames: "Rated",
  casualGames: "Casual",
  opponent: "Opponent",
  noGames: "No such games.",
  more: "More games",
  rated: "rated",
  look: "Look",
  gameAgainst: (name) => `Look at the game against ${name}`,
};
