// The page of one game: board, clocks, moves, cards and buttons around one session.

import { insist, newID } from "../net/api.js";
import { actions } from "./actions.js";
import { Announcer } from "./announcer.js";
import { Board } from "../board/board.js";
import { cards } from "./cards.js";
import { copyLink, copyPGN } from "./copies.js";
import { askName } from "../base/dialogs.js";
import { button, el, setText } from "../base/dom.js";
import { Foreign } from "./foreign.js";
import { Hand } from "./hand.js";
import { asGuest, lastName, whoAmI } from "../net/identity.js";
import { seats } from "../base/memory.js";
import { Looking } from "./looking.js";
import { Moves } from "./moves.js";
import { captured, piecesOf } from "../board/position.js";
import { ratingChanges } from "./ratings.js";
import { Session } from "./session.js";
import { play } from "./sounds.js";
import { Strip } from "./strips.js";
import { tell } from "./tell.js";
import { Times } from "./times.js";
import { toast } from "../base/toasts.js";
import { Typed, readMove } from "./typed.js";
import { clockName, ending, refusal, saidWords, tableWords as words, windowTitle } from "../words.js";
import "../base/settings.js";

const tick = 100;

export class Table {
  game = null;
  invite = null;
  rematching = false;
  ratings = {}; // seat -> what this game did to the rating
  hand;
  #id;
  #session;
  #looking;
  #board = new Board((m) => this.#move(m), (m) => this.#keep(m));
  #strips = { top: new Strip(), bottom: new Strip() };
  #moves = new Moves({ pick: (ply) => this.#looking.pick(ply), play: (speed) => this.#looking.play(speed) });
  #typed = new Typed((text) => this.#type(text));
  #announcer = new Announcer();
  #times = new Times(this.#strips, (left) => this.#hurry(left));
  #foreign = null;
  #title = el("h1", { class: "unseen" });
  #about = el("span");
  #copy = button(words.copyLink, () => copyLink(this.#id, this.#looking.ply), { class: "link", title: words.copyTitle, data: { do: "copy-watch" } });
  #cards = el("div", { class: "cards" });
  #actions = el("div", { class: "actions" });
  #tools = el("div", { class: "about" }, this.#about, el("span", { class: "tools" },
    button(words.flip, () => this.#flip(), { class: "link", title: words.flipTitle, data: { do: "flip" } }), this.#copy));
  #onlink;
  #turned = false;
  #heard = null; // the move whose sound was made when it was sent
  #due = false; // a drawing is planned

  /** onlink(link) is told how the connection is. */
  constructor(id, onlink) {
    this.#id = id;
    this.#onlink = onlink;
    this.#session = new Session(id, { changed: (message) => this.#changed(message), failed: (text) => toast(text, "bad") });
    this.#looking = new Looking(this.#session, { changed: () => this.#plan(), failed: (text) => toast(text, "bad") });
    this.hand = new Hand(this.#session, {
      changed: () => this.#plan(),
      refused: (error) => toast(refusal(error, "move"), "bad"),
      dropped: (m) => {
        toast(words.premoveDropped(m));
        this.#plan();
      },
    });
    const fragment = new URLSearchParams(location.hash.slice(1));
    if (fragment.has("invite")) {
      this.invite = { seat: fragment.get("seat") ?? "any", token: fragment.get("invite") };
    }
  }

  /** Fills root with the game's page. Throws a Refusal if the game can't be shown. */
  async open(root) {
    this.game = await this.#session.load();
    if (this.game.kind !== "chess") {
      this.#foreign = new Foreign(this.game.kind);
      root.replaceChildren(this.#foreign.root);
    } else {
      root.replaceChildren(el("div", { class: "table" }, this.#title,
        el("section", { class: "stage", "aria-label": words.stage }, this.#strips.top.root, this.#board.root, this.#strips.bottom.root),
        el("aside", { class: "side" }, this.#tools, this.#cards, this.#moves.root, this.#actions, this.#typed.root, this.#announcer.root)));
      setInterval(() => this.#tick(), tick);
      addEventListener("keydown", (event) => this.#key(event));
    }
    this.#session.connect();
    this.#draw();
    this.#ended();
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

  /** Connects again after the server had closed the socket for good. */
  reconnect = () => this.#session.connect();

  copyPGN = () => copyPGN(this.#id);

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

  // What the session tells.

  #changed(message) {
    this.#onlink(this.#session.link);
    this.hand.arrived(message); // first of all: a premove goes out before anything is drawn
    if (message && this.#foreign) {
      this.#foreign.add(message);
    } else if (message && this.link.state === "live") {
      const ours = message.m !== undefined && message.m === this.#heard;
      tell(message, { game: this.game, say: (text) => this.#announcer.say(text), captured: this.#takes(message.m), ours, now: this.now });
      this.#heard = message.t === "move" ? null : this.#heard;
    }
    if (message?.t === "ended") {
      this.#ended();
    }
    this.#plan();
  }

  // The board still shows the position before the move that is asked about.
  #takes(m) {
    return typeof m === "string" && piecesOf(this.#shown).has(m.slice(2, 4));
  }

  #shown = "8/8/8/8/8/8/8/8 w - - 0 1"; // what the board showed last

  #ended() {
    const { game } = this;
    if (!game.over) {
      return;
    }
    if (game.reason === "paired" && game.next && game.seat) {
      location.replace(`/game/${game.next}`); // where we sit already
      return;
    }
    this.#rate();
  }

  async #rate() {
    if (this.game.rated && this.game.scores) {
      this.ratings = await ratingChanges(this.game);
      const mine = this.ratings[this.game.seat];
      if (mine) {
        this.#announcer.say(saidWords.rating(mine));
      }
      this.#plan();
    }
  }

  // Our moves.

  #move(m) {
    play(this.#takes(m) ? "capture" : "move");
    this.#heard = m;
    this.hand.play(m);
  }

  #keep(m) {
    if (m) {
      this.#announcer.say(words.premove(m));
    }
    this.hand.keep(m);
  }

  // A move that was typed; gives what is wrong with it.
  #type(text) {
    const { legal, mine } = this.hand;
    this.#looking.pick(this.#looking.newest);
    const { m, problem } = readMove(text, legal, piecesOf(this.game.fen));
    if (problem) {
      return problem;
    }
    if (legal) {
      this.#move(m);
    } else if (mine) {
      this.#keep(m);
    }
    return undefined;
  }

  #hurry(left) {
    play("low");
    this.#announcer.say(saidWords.low(left));
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, select, textarea, dialog")) {
      return;
    }
    if (event.key === "f") {
      this.#flip();
    } else if (event.key === "/" && !this.#typed.root.hidden) {
      event.preventDefault();
      this.#typed.focus();
    } else if (event.key === "Escape" && this.hand.premove) {
      this.hand.keep(null);
    } else if (this.#looking.key(event.key)) {
      event.preventDefault();
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
    const { game, hand } = this;
    if (this.#foreign) {
      this.#foreign.show(game);
      return;
    }
    this.#looking.settle();
    const { position, ply } = this.#looking;
    const current = ply === null;
    this.#shown = position.fen;
    this.#board.show({
      position, flipped: this.#flipped(), legal: current ? hand.legal : null, mine: current ? hand.mine : null,
      pending: current ? hand.pending : null, premove: current ? hand.premove : null,
    });
    this.#board.root.classList.toggle("past", !current && !game.over);
    this.#drawStrips(position);
    this.#moves.show({
      line: game.line, known: game.lineKnown, current: ply ?? this.#looking.newest, over: game.over, playing: this.#looking.replay !== null,
    });
    setText(this.#about, this.#describe());
    setText(this.#copy, current ? words.copyLink : words.copyPly);
    this.#copy.hidden = game.status === "open";
    this.#typed.root.hidden = !game.seat || game.over || game.status === "open";
    fill(this.#cards, cards(this));
    fill(this.#actions, actions(this));
    this.#tick();
    document.title = windowTitle(this.#headline());
    setText(this.#title, words.versus(this.game.players));
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
        seat, player: game.players[seat], me: seat === game.seat, waiting: game.status === "open", rated: this.ratings[seat],
        active: game.turn.includes(seat), taken: taken[seat], ahead: seat === "white" ? balance : -balance,
      });
    }
  }

  // Clocks, and the cards that count down.
  #tick() {
    if (this.game.notices.gone) {
      fill(this.#cards, cards(this));
    }
    this.#times.show({ game: this.game, looking: this.#looking, seats: this.#seats(), now: this.now,
      steady: ["live", "finished", "open"].includes(this.link.state) || this.game.over });
  }

  #describe() {
    const { game } = this;
    const parts = [clockName(game.clock), game.rated ? words.rated : words.casual];
    if (!game.seat) {
      parts.push(game.over ? words.finished : words.watching);
    }
    if (game.notices.watchers > 0) {
      parts.push(words.watchers(game.notices.watchers));
    }
    if (game.delay > 0 && !game.seat && !game.over) {
      parts.push(words.late(game.delay));
    }
    return parts.join(" · ");
  }

  #headline() {
    const { game } = this;
    if (game.over) {
      return ending(game).title;
    }
    return game.turn.includes(game.seat) ? words.yourTurn : words.versus(game.players);
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
