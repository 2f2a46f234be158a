// The cards beside the board: what is going on, and what is asked of us.

import { button, el } from "../base/dom.js";
import { clockName, ending, playerName, seatName } from "../words.js";

/**
 * Lists the cards for what is known: {key, build}. A card is built again only when its key changes, so that buttons
 * keep the focus. table is the game's page, of which these use {game, link, lost, invite, rematching, now} and its methods.
 */
export function cards(table) {
  const { game } = table;
  const list = [];
  if (table.link.state === "stopped") {
    list.push(card("stopped", "bad", "Not connected", table.link.reason));
  }
  if (table.lost && !game.over) {
    list.push(card("lost", "warn", "Connection lost", game.seat ? "The page comes back by itself. A move you make now is sent as soon as the server is there."
      : "The page comes back by itself and shows what it missed."));
  }
  if (game.notices.stale) {
    list.push(card("stale", "warn", "The feed stands still", "What you see may be old. It goes on by itself."));
  }
  if (game.status === "open") {
    list.push(open(table));
  } else if (game.over) {
    list.push(result(table));
  } else {
    list.push(turn(table));
    list.push(...offers(table), ...absence(table));
  }
  return list;
}

function card(key, kind, title, text, ...more) {
  return {
    key: `${key}|${title}|${text}`,
    build: () => el("section", { class: `card notice ${kind}`, data: { card: key } },
      el("h2", {}, title), text && el("p", {}, text), ...more.map((make) => make())),
  };
}

const row = (...buttons) => () => el("div", { class: "row" }, ...buttons.map((make) => make()));

function open(table) {
  const { game, invite } = table;
  const clock = clockName(game.clock);
  if (game.seat) {
    const link = table.inviteLink();
    const text = link ? `Send this link to your opponent. The game starts when they sit down. ${clock}.`
      : `The seat is kept for your opponent. The game starts when they sit down. ${clock}.`;
    return card("open", "ask", link ? "Invite your opponent" : "Waiting for your opponent", text, ...(link ? [() => share(link)] : []));
  }
  if (invite) {
    const host = playerName(game.players[game.other(invite.seat)], game.other(invite.seat));
    return card("invited", "ask", `${host} invites you`, `You play ${seatName(invite.seat)}. ${clock}.`,
      row(() => button(`Play ${seatName(invite.seat)}`, () => table.sit(), { class: "button primary", data: { do: "sit" } })));
  }
  return card("waiting", "", "Waiting for players", `The game starts when both seats are taken. ${clock}.`);
}

function share(link) {
  const input = el("input", { readonly: true, value: link, "aria-label": "Invitation link", onfocus: () => input.select() });
  const copy = button("Copy", async () => {
    input.select();
    // The clipboard is only there on secure origins; the older way works everywhere.
    const copied = navigator.clipboard ? await navigator.clipboard.writeText(link).then(() => true, () => false) : false;
    if (copied || document.execCommand("copy")) {
      copy.textContent = "Copied";
      setTimeout(() => { copy.textContent = "Copy"; }, 2000);
    }
  }, { class: "button primary", data: { do: "copy" } });
  return el("div", { class: "row share" }, input, copy);
}

function turn({ game }) {
  const due = game.turn.includes(game.seat);
  const who = game.turn[0];
  const title = due ? "Your turn" : who ? `${playerName(game.players[who], who)} to move` : "Please wait";
  const timed = game.clock.type === "fischer" || game.clock.type === "delay";
  const first = game.status === "ready" && timed ? "The first move is due within 30 seconds. The clock starts after it." : "";
  const check = game.check ? (due ? "You are in check." : "Check.") : "";
  return card("turn", due ? "due" : "", title, check || first);
}

function offers({ game, ask }) {
  return game.offers.map(({ kind, seat, plies }) => {
    const who = playerName(game.players[seat], seat);
    if (seat === game.seat) {
      return kind === "draw" ? card("draw-mine", "", "Draw offered", "The offer stands until your opponent moves.")
        : card("takeback-mine", "", "Takeback asked for", "Your opponent can accept until somebody moves.");
    }
    const back = plies === 1 ? "the last move" : `the last ${plies ?? 2} moves`;
    const text = kind === "draw" ? "Moving on declines it." : `Used time is not given back.`;
    const title = kind === "draw" ? `${who} offers a draw` : `${who} asks to take back ${back}`;
    if (!game.seat) {
      return card(`${kind}-${seat}`, "", title, "");
    }
    return card(`${kind}-theirs`, "ask", title, text, row(
      () => button(kind === "draw" ? "Accept draw" : "Accept takeback", () => ask(`${kind}-accept`), { class: "button primary", data: { wish: `${kind}-accept` } }),
      () => button("Decline", () => ask(`${kind}-decline`), { class: "button", data: { wish: `${kind}-decline` } })));
  });
}

function absence({ game, ask, now }) {
  const { gone } = game.notices;
  if (!gone || gone.seat === game.seat) {
    return [];
  }
  const who = playerName(game.players[gone.seat], gone.seat);
  const seconds = Math.ceil((gone.at - now) / 1000);
  if (!game.seat) {
    return [card("gone", "warn", `${who} is not connected`, "")];
  }
  if (seconds > 0) {
    return [card("gone", "warn", `${who} is not connected`, `If they don't come back, you can claim the game in ${seconds} s.`)];
  }
  return [card("claim", "ask", `${who} is not connected`, "You can end the game now, or wait.", row(
    () => button("Claim victory", () => ask("claim-victory"), { class: "button primary", data: { wish: "claim-victory" } }),
    () => button("Call it a draw", () => ask("claim-draw"), { class: "button", data: { wish: "claim-draw" } })))];
}

function result({ game, ask, rematching }) {
  const { score, title, reason } = ending(game);
  const { rematch } = game.notices;
  const mine = game.seat && game.winner === game.seat ? " You won." : "";
  const more = [];
  if (game.next) {
    more.push(row(() => el("a", { class: "button primary", href: `/game/${game.next}` }, "Go to the next game")));
  } else if (game.seat && rematch && rematch.seat !== game.seat) {
    const who = playerName(game.players[rematch.seat], rematch.seat);
    more.push(() => el("p", {}, `${who} wants a rematch.`));
    more.push(row(() => button("Accept rematch", () => ask("rematch"), { class: "button primary", data: { wish: "rematch" } })));
  } else if (rematch) {
    more.push(row(() => el("a", { class: "button primary", href: `/game/${rematch.game}` }, "Go to the rematch")));
  } else if (game.seat && game.scores) {
    more.push(row(() => button(rematching ? "Asking…" : "Rematch", () => ask("rematch"),
      { class: "button primary", disabled: rematching, data: { wish: "rematch" } })));
  }
  more.push(() => el("p", { class: "links" }, el("a", { href: `/api/games/${game.id}.pgn`, download: `${game.id}.pgn` }, "Download PGN"),
    " · ", el("a", { href: "/" }, "New game")));
  const shown = card("result", "result", score ? `${score} · ${title}` : title, `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.${mine}`, ...more);
  return { ...shown, key: `${shown.key}|${game.next}|${rematch?.game}|${rematching}` };
}
