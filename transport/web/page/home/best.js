// The best game now, on the first page; while nobody plays, a position worth looking at.

import { Follow } from "../tv/follow.js";
import { Screen } from "../tv/screen.js";
import { el, setText } from "../base/dom.js";
import { MiniBoard } from "../board/mini.js";
import { home as say, tv } from "../words.js";

// Morphy in the opera box, one move before the end.
const picture = {
  position: { fen: "4kb1r/p2n1ppp/4q3/4p1B1/4P3/1Q6/PPP2PPP/2KR4 w k - 0 16", m: "f6d7" },
  players: say.opera,
};

export function bestGame() {
  const stage = el("div", { class: "on-air" });
  const many = el("a", { class: "more", hidden: true });
  const note = el("p", { class: "empty", hidden: true });
  const title = el("h2", { id: "best" }, say.bestGame);
  let screen = null;
  const still = () => {
    if (!screen) {
      const mini = new MiniBoard();
      mini.show(picture);
      stage.replaceChildren(mini.root);
      note.hidden = false;
    }
  };
  const follow = new Follow({
    chosen: (id) => {
      screen = new Screen(id);
      note.hidden = true;
      stage.replaceChildren(screen.root);
    },
    changed: () => screen.show(follow.game),
    listed: () => {
      still();
      setText(note, say.nobodyPlays);
      const ids = [follow.id, ...follow.others.map(({ game }) => game)].filter(Boolean);
      many.hidden = follow.others.length === 0;
      many.href = `/boards?games=${ids.join(",")}`;
      setText(many, say.watchMany(ids.length));
    },
    failed: () => {
      still();
      setText(note, say.noAnswer);
    },
  }, 16);
  return el("section", { class: "card best", "aria-labelledby": "best" },
    el("div", { class: "head" }, title, el("a", { href: "/tv" }, tv.title)), stage, note, many);
}
