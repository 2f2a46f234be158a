// Choosing a player: by the beginning of a name, or among those one has played with.

import { button, el, setText } from "../base/dom.js";
import { readAs, whoAmI } from "../net/identity.js";
import { people as say, playerName, refusal } from "../words.js";

const pause = 250; // ms after the last letter
const most = 8;

export class PlayerPicker {
  root;
  chosen = null; // {id, name}
  #input = el("input", { name: "player", type: "search", autocomplete: "off", spellcheck: "false", maxlength: "64", placeholder: say.searchHint });
  #found = el("ul", { class: "found", "aria-label": say.found });
  #said = el("p", { class: "empty", role: "status" });
  #onchosen;
  #timer = 0;
  #turn = 0;

  /** onchosen(player) is told who was chosen, and null when the choice is taken back. */
  constructor(onchosen = () => {}) {
    this.#onchosen = onchosen;
    this.#input.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#choose(null);
      this.#timer = setTimeout(() => this.#search(), pause);
    });
    this.#input.addEventListener("focus", () => !this.chosen && this.#found.children.length === 0 && this.#search());
    this.#input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !this.chosen) {
        event.preventDefault(); // not the form's business yet
        this.#found.querySelector("button")?.click();
      }
    });
    this.root = el("div", { class: "picker" }, el("label", { class: "field" }, el("span", {}, say.playerName), this.#input), this.#found, this.#said);
  }

  focus() {
    this.#input.focus();
  }

  async #search() {
    const turn = ++this.#turn;
    const text = this.#input.value.trim();
    try {
      const list = text ? await search(text) : await recent();
      if (turn !== this.#turn || this.chosen) {
        return;
      }
      this.#found.replaceChildren(...list.slice(0, most).map((player) => el("li", {}, button("", () => this.#choose(player),
        { class: "entry", data: { player: player.id } }))));
      [...this.#found.querySelectorAll("button")].forEach((one, i) => one.append(el("strong", {}, playerName(list[i])),
        el("small", {}, list[i].rating ? ` ${list[i].rating}` : "", ` ${list[i].id}`)));
      setText(this.#said, list.length === 0 && text ? say.nobodyFound : list.length > 0 && !text ? say.recent : "");
    } catch (error) {
      setText(this.#said, refusal(error));
    }
  }

  #choose(player) {
    if (player === this.chosen) {
      return;
    }
    this.chosen = player;
    this.#turn++;
    if (player) {
      this.#input.value = playerName(player);
      this.#found.replaceChildren();
      setText(this.#said, say.chosen(playerName(player)));
      this.#input.focus();
    }
    this.#onchosen(player);
  }
}

/** People whose name begins like this; whoever asks must be somebody, so guests are made at need elsewhere. */
async function search(text) {
  const { players } = await readAs(`/api/players?${new URLSearchParams({ name: text })}`);
  const me = whoAmI()?.player;
  return players.filter(({ id }) => id !== me);
}

// Those of one's last games, the latest first.
async function recent() {
  const me = whoAmI();
  if (!me) {
    return [];
  }
  const { games } = await readAs("/api/me/games?status=ended&limit=50");
  const known = new Map();
  for (const { players } of games) {
    for (const player of Object.values(players)) {
      if (player.id !== me.player && !known.has(player.id)) {
        known.set(player.id, player);
      }
    }
  }
  return [...known.values()];
}
