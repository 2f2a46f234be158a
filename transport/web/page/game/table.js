// The page of one game: board, clocks, moves, cards and buttons around one session.

import { insist, newID } from "../net/api.js";
import { actions } from "./actions.js";
import { Board } from "../board/board.js";
import { cards } from "./cards.js";
import { remaining } from "./clocks.js";
import { askName } from "../base/dialogs.js";
import { button, el, setText } from "../base/dom.js";
import { asGuest, lastName, whoAmI } from "../net/identity.js";
import { seats } from "../base/memory.js";
import { Moves } from "./moves.js";
import { captured } from "../board/position.js";
import { Replay } from "./replay.js";
import { Session } from "./session.js";
import { Strip } from "./strips.js";
import { toast } from "../base/toasts.js";
import { clockName, ending, playerName, refusal, seatName } from "../words.js";

const tick = 100;

export class Table {
  game = null;
  invite = null;
  rematching = false;
  #id;
  #session;
  #board = new Board((m) => this.#move(m));
  #strips = { top: new Strip(), bottom: new Strip() };
  #moves = new Moves({ pick: (ply) => this.#pick(ply), play: (speed) => this.#play(speed) });
  #about = el("span");
  #watch = button("Copy link", () => this.#copyWatchLink(), { class: "link", title: "Whoever opens the link watches the game", data: { do: "copy-watch" } });
  #cards = el("div", { class: "cards" });
  #actions = el("div", { class: "actions" });
  #said = el("div", { class: "unseen", role: "status", "aria-live": "polite" });
  #tools = el("div", { class: "about" }, this.#about, el("span", { class: "tools" },
    button("Flip board", () => this.#flip(), { class: "link", data: { do: "flip" } }), this.#watch));
  #onlink;
  #viewed = null; // the ply looked at; null = the newest
  #pending = null;
  #turned = false;
  #replay = null;
  #due = false; // a drawing is planned

  /** onlink(link) is told how the connection is. */
  constructor(id, onlink) {
    this.#id = id;
    this.#onlink = onlink;
    this.#session = new Session(id, { changed: (message) => this.#changed(message), failed: (text) => toast(text, "bad") });
    const fragment = new URLSearchParams(location.hash.slice(1));
    if (fragment.has("invite")) {
      this.invite = { seat: fragment.get("seat") ?? "any", token: fragment.get("invite") };
    }
  }

  /** Fills root with the game's page. Throws a Refusal if the game can't be shown. */
  async open(root) {
    this.game = await this.#session.load();
    root.replaceChildren(el("div", { class: "table" },
      el("section", { class: "stage", "aria-label": "Board" }, this.#strips.top.root, this.#board.root, this.#strips.bottom.root),
      el("aside", { class: "side" }, this.#tools, this.#cards, this.#moves.root, this.#actions, this.#said)));
    this.#session.connect();
    this.#draw();
    setInterval(() => this.#tick(), tick);
    addEventListener("keydown", (event) => this.#key(event));
  }

  // What cards and buttons ask of us.

  get link() {
    return this.#session.link;
  }

  get lost() {
    return this.#session.lost;
  }

  get now() {
    return performance.now();
  }

  /** Sends a wish and says in words if it was refused. */
  ask = async (wish) => {
    this.rematching ||= wish === "rematch";
    this.#plan();
    try {
      const ok = await this.#session.ask(wish);
      if (ok.game) {
        seats.add({ game: ok.game });
        location.assign(`/game/${ok.game}`);
      }
    } catch (error) {
      toast(refusal(error, wish), "bad");
      this.rematching = false;
    }
    this.#plan();
  };

  async sit() {
    const name = whoAmI()?.name ?? (await askName(lastName()));
    if (!name) {
      return;
    }
    const { seat, token: invite } = this.invite;
    const body = { id: newID(), invite };
    try {
      const sat = await asGuest(name, (token) => insist(`/api/games/${this.#id}/seats/${encodeURIComponent(seat)}`, { token, body }));
      seats.add({ game: this.#id, seat: sat.seat });
      this.invite = null;
      history.replaceState(null, "", location.pathname);
      await this.#session.restart();
    } catch (error) {
      toast(refusal(error), "bad");
    }
  }

  inviteLink() {
    const invites = Object.entries(seats.find(this.#id)?.invites ?? {}).filter(([seat]) => !this.game.players[seat]);
    if (invites.length === 0) {
      return null;
    }
    const [seat, token] = invites[0];
    return `${location.origin}/game/${this.#id}#${new URLSearchParams({ seat, invite: token })}`;
  }

  #flip() {
    this.#turned = !this.#turned;
    this.#plan();
  }

  async #copyWatchLink() {
    const link = `${location.origin}/game/${this.#id}`;
    const copied = navigator.clipboard ? await navigator.clipboard.writeText(link).then(() => true, () => false) : false;
    toast(copied ? "Link copied. Whoever opens it watches the game." : `Whoever opens ${link} watches the game.`);
  }

  // What the session tells.

  #changed(message) {
    this.#onlink(this.#session.link);
    if (message?.t === "move") {
      if (message.m === this.#pending) {
        this.#pending = null;
      }
      this.#say(`${seatName(message.seat)}: ${message.x?.san ?? message.m}`);
    } else if (message?.t === "ended") {
      const { score, title, reason } = ending(this.game);
      this.#say(`${title} ${reason}. ${score}`);
    } else if (message?.t === "state") {
      this.#pending = null;
    }
    this.#plan();
  }

  #say(text) {
    setText(this.#said, text);
  }

  async #move(m) {
    this.#pending = m;
    this.#plan();
    try {
      await this.#session.ask("move", { m });
    } catch (error) {
      toast(refusal(error, "move"), "bad");
    }
    if (this.#pending === m) {
      this.#pending = null;
    }
    this.#plan();
  }

  // Looking back.

  #pick(ply) {
    this.#stopReplay();
    this.#viewed = ply >= this.game.line.length - 1 ? null : ply;
    this.#plan();
  }

  #play(speed) {
    this.#stopReplay();
    const { line } = this.game;
    if (speed > 0 && line.length > 1) {
      const ply = this.#viewed ?? 0;
      this.#viewed = ply;
      // At the start: from just before the first move, not from when somebody opened the game.
      const from = ply > 0 ? line[ply].v : line[1].v - 1;
      this.#replay = new Replay(this.#id, from, speed, {
        moved: ({ v }) => {
          const at = line.findIndex((position) => position.v === v);
          this.#viewed = at >= 0 ? at : this.#viewed; // a move that was taken back has no place in the line
          this.#plan();
        },
        ended: (reason) => {
          this.#stopReplay();
          this.#viewed = null;
          if (reason) {
            toast(reason, "bad");
          }
          this.#plan();
        },
      });
    }
    this.#plan();
  }

  #stopReplay() {
    this.#replay?.stop();
    this.#replay = null;
  }

  #key(event) {
    const at = this.#viewed ?? this.game.line.length - 1;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: this.game.line.length - 1 }[event.key];
    if (to !== undefined && to >= 0 && !event.altKey && !event.ctrlKey && !event.metaKey
      && !event.target.closest("input, select, textarea, dialog")) {
      event.preventDefault();
      this.#pick(to);
    }
    if (event.key === "f" && !event.ctrlKey && !event.metaKey && !event.target.closest("input, select, dialog")) {
      this.#flip();
    }
  }

  // Drawing: at most once a frame, whatever happened.

  #plan() {
    if (!this.#due && this.game) {
      this.#due = true;
      // A tab that nobody looks at gets no frames.
      (document.hidden ? setTimeout : requestAnimationFrame)(() => this.#draw());
    }
  }

  #draw() {
    this.#due = false;
    const { game } = this;
    const position = this.#viewed === null || !game.line[this.#viewed] ? game.position : game.line[this.#viewed];
    const current = this.#viewed === null;
    const due = current && game.turn.includes(game.seat) && !this.#pending && this.link.state !== "stopped";
    this.#board.show({
      position, flipped: this.#flipped(), legal: due ? game.legal : null, pending: current ? this.#pending : null,
    });
    this.#board.root.classList.toggle("past", !current && !game.over);
    this.#drawStrips(position);
    this.#moves.show({
      line: game.line, known: game.lineKnown, current: this.#viewed ?? game.line.length - 1, over: game.over, playing: this.#replay !== null,
    });
    setText(this.#about, this.#describe());
    this.#watch.hidden = game.status === "open";
    fill(this.#cards, cards(this));
    fill(this.#actions, actions(this));
    this.#tick();
    document.title = `${this.#headline()} · ply`;
  }

  #flipped() {
    return (this.game.seat === "black") !== this.#turned;
  }

  #seats() {
    return this.#flipped() ? { top: "white", bottom: "black" } : { top: "black", bottom: "white" };
  }

  #drawStrips(position) {
    const { game } = this;
    const { taken, balance } = captured(game.start, position.fen);
    for (const [place, seat] of Object.entries(this.#seats())) {
      this.#strips[place].show({
        seat, player: game.players[seat], me: seat === game.seat, waiting: game.status === "open",
        active: game.turn.includes(seat), taken: taken[seat], ahead: seat === "white" ? balance : -balance,
      });
    }
  }

  // Clocks, and the cards that count down. In a finished game the clocks show what they showed then.
  #tick() {
    const { game } = this;
    if (game.notices.gone) {
      fill(this.#cards, cards(this));
    }
    const then = game.over && this.#viewed !== null ? game.line[this.#viewed] : null;
    const steady = ["live", "finished", "open"].includes(this.link.state) || game.over;
    for (const [place, seat] of Object.entries(this.#seats())) {
      let left;
      if (this.#replay?.clock) {
        left = remaining({ ...game.clock, ...this.#replay.clock }, seat, this.now, this.#replay.speed);
      } else if (then) {
        left = then.left?.[seat] ?? game.clock.initial;
      } else {
        left = remaining(game.clock, seat, this.now);
      }
      const running = !game.over && (game.clock.run ?? []).includes(seat);
      this.#strips[place].time(left, running, steady);
    }
  }

  #describe() {
    const { game } = this;
    const parts = [clockName(game.clock), game.rated ? "rated" : "casual"];
    if (!game.seat) {
      parts.push(game.over ? "finished game" : "you are watching");
    }
    if (game.notices.watchers > 0) {
      parts.push(`${game.notices.watchers} watching`);
    }
    if (game.delay > 0 && !game.seat && !game.over) {
      parts.push(`shown ${Math.round(game.delay / 1000)} s late`);
    }
    return parts.join(" · ");
  }

  #headline() {
    const { game } = this;
    if (game.over) {
      return ending(game).title;
    }
    if (game.turn.includes(game.seat)) {
      return "Your turn";
    }
    return ["white", "black"].map((seat) => playerName(game.players[seat], seat)).join(" – ");
  }
}

/** Puts the wanted elements into a box and keeps those whose key is there already. */
function fill(box, wanted) {
  const standing = new Map([...box.children].map((child) => [child.dataset.key, child]));
  const next = wanted.map(({ key, build }) => {
    const element = standing.get(key) ?? build();
    element.dataset.key = key;
    return element;
  });
  if (next.length !== box.children.length || next.some((element, i) => box.children[i] !== element)) {
    box.replaceChildren(...next);
  }
}
