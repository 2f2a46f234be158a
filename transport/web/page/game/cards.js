// The cards beside the board: what is going on, and what is asked of us.

import { button, el } from "../base/dom.js";
import { cardWords as words, clockName, ending, playerName, saidWords, wishes } from "../words.js";

/**
 * Lists the cards for what is known: {key, build}. A card is built again only when its key changes, so that buttons
 * keep the focus. table is the game's page, of which these use {game, hand, link, lost, invite, rematching, ratings, now}
 * and its methods.
 */
export function cards(table) {
  const { game } = table;
  const list = [];
  if (table.link.state === "stopped") {
    list.push(stopped(table));
  }
  if (table.lost && !game.over) {
    list.push(card("lost", "warn", words.lost, game.seat ? words.lostPlaying : words.lostWatching));
  }
  if (game.notices.stale) {
    list.push(card("stale", "warn", words.stale, words.staleText));
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

// What can be done about a socket that the server closed for good.
function stopped({ link, reconnect }) {
  const act = link.code === 4504 ? () => button(words.useHere, reconnect, { class: "button primary", data: { do: "reconnect" } })
    : () => button(words.reload, () => location.reload(), { class: "button", data: { do: "reload" } });
  return card("stopped", "bad", words.stopped, link.reason, ...(link.code === 4503 ? [] : [row(act)]));
}

function open(table) {
  const { game, invite } = table;
  const clock = clockName(game.clock);
  if (game.seat) {
    const link = table.inviteLink();
    return card("open", "ask", link ? words.invite : words.wait, link ? words.inviteText(clock) : words.waitText(clock), ...(link ? [() => share(link)] : []));
  }
  if (invite) {
    const host = playerName(game.players[game.other(invite.seat)], game.other(invite.seat));
    return card("invited", "ask", words.invited(host), words.invitedText(invite.seat, clock),
      row(() => button(words.sit(invite.seat), () => table.sit(), { class: "button primary", data: { do: "sit" } })));
  }
  return card("waiting", "", words.open, words.openText(clock));
}

function share(link) {
  const input = el("input", { readonly: true, value: link, "aria-label": words.link, onfocus: () => input.select() });
  const copy = button(words.copy, async () => {
    input.select();
    // The clipboard is only there on secure origins; the older way works everywhere.
    const copied = navigator.clipboard ? await navigator.clipboard.writeText(link).then(() => true, () => false) : false;
    if (copied || document.execCommand("copy")) {
      copy.textContent = words.copied;
      setTimeout(() => { copy.textContent = words.copy; }, 2000);
    }
  }, { class: "button primary", data: { do: "copy" } });
  return el("div", { class: "row share" }, input, copy);
}

function turn({ game, hand }) {
  const due = game.turn.includes(game.seat);
  const who = game.turn[0];
  const title = due ? words.yourTurn : who ? words.toMove(playerName(game.players[who], who)) : words.nobody;
  const first = game.status === "ready" && game.timed ? words.first : "";
  const check = game.check ? (due ? words.youInCheck : words.inCheck) : "";
  const { premove } = hand;
  return card("turn", due ? "due" : "", title, premove ? words.premove(premove) : check || first, ...(premove
    ? [row(() => button(words.cancelPremove, () => hand.keep(null), { class: "button", data: { do: "cancel-premove" } }))] : []));
}

function offers({ game, ask }) {
  return game.offers.map(({ kind, seat, plies }) => {
    const who = playerName(game.players[seat], seat);
    if (seat === game.seat) {
      return kind === "draw" ? card("draw-mine", "", words.drawMine, words.drawMineText)
        : card("takeback-mine", "", words.takebackMine, words.takebackMineText);
    }
    const draw = kind === "draw";
    const title = draw ? words.draw(who) : words.takeback(who, plies);
    if (!game.seat) {
      return card(`${kind}-${seat}`, "", title, "");
    }
    return card(`${kind}-theirs`, "ask", title, draw ? words.drawText : words.takebackText, row(
      () => button(draw ? words.acceptDraw : words.acceptTakeback, () => ask(`${kind}-accept`), { class: "button primary", data: { wish: `${kind}-accept` } }),
      () => button(words.decline, () => ask(`${kind}-decline`), { class: "button", data: { wish: `${kind}-decline` } })));
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
    return [card("gone", "warn", words.gone(who), "")];
  }
  if (seconds > 0) {
    return [card("gone", "warn", words.gone(who), words.claimIn(seconds))];
  }
  return [card("claim", "ask", words.gone(who), words.claimNow, row(
    () => button(words.claimVictory, () => ask("claim-victory"), { class: "button primary", data: { wish: "claim-victory" } }),
    () => button(words.claimDraw, () => ask("claim-draw"), { class: "button", data: { wish: "claim-draw" } })))];
}

function result({ game, ask, rematching, ratings, copyPGN }) {
  const { score, title, reason } = ending(game);
  const { rematch } = game.notices;
  const mine = !game.seat || !game.winner ? "" : game.winner === game.seat ? words.won : words.lostGame;
  const rating = ratings[game.seat] ? saidWords.rating(ratings[game.seat]) : "";
  const more = [];
  if (game.next) {
    more.push(row(() => el("a", { class: "button primary", href: `/game/${game.next}` }, words.next)));
  } else if (game.seat && rematch && rematch.seat !== game.seat) {
    const who = playerName(game.players[rematch.seat], rematch.seat);
    more.push(() => el("p", {}, words.wantsRematch(who)));
    more.push(row(() => button(words.acceptRematch, () => ask("rematch"), { class: "button primary", data: { wish: "rematch" } })));
  } else if (rematch) {
    more.push(row(() => el("a", { class: "button primary", href: `/game/${rematch.game}` }, words.toRematch)));
  } else if (game.seat && game.scores) {
    more.push(row(() => button(rematching ? words.asking : wishes.rematch, () => ask("rematch"),
      { class: "button primary", disabled: rematching, data: { wish: "rematch" } })));
  }
  more.push(() => el("p", { class: "links" }, el("a", { href: `/api/games/${game.id}.pgn`, download: `${game.id}.pgn` }, words.pgn),
    button(words.copyPGN, copyPGN, { class: "link", data: { do: "copy-pgn" } }), el("a", { href: "/" }, words.another)));
  const text = [`${reason.charAt(0).toUpperCase()}${reason.slice(1).replace(/\.$/, "")}.`, mine, rating].filter(Boolean).join(" ");
  const shown = card("result", "result", score ? `${score} · ${title}` : title, text, ...more);
  return { ...shown, key: `${shown.key}|${game.next}|${rematch?.game}|${rematching}` };
}
