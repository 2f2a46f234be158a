// Quick pairing: one click on a time control and somebody is looked for.

import { quick } from "./controls.js";
import { seek } from "./waiting.js";
import { askName } from "../base/dialogs.js";
import { button, el, setText } from "../base/dom.js";
import { isGuest, nameToGoBy, rename, whoAmI } from "../net/identity.js";
import { toast } from "../base/toasts.js";
import { classes, home as say, refusal } from "../words.js";

/** The tiles, and who we are; renamed(name) is called when that changes. */
export function quickPairing(renamed) {
  let busy = false;
  const tiles = quick.map(({ key, class: pace, clock }) => button("", async () => {
    if (busy) {
      return;
    }
    busy = true;
    try {
      await seek(clock);
    } catch (error) {
      toast(refusal(error), "bad");
    }
    busy = false;
  }, { class: "tile", data: { control: key } }));
  tiles.forEach((tile, i) => tile.append(el("strong", {}, quick[i].key), el("span", {}, classes[quick[i].class])));
  return el("section", { class: "quick", "aria-label": say.quick },
    el("div", { class: "tiles" }, ...tiles), whoLine(renamed));
}

function whoLine(renamed) {
  const name = el("strong", { class: "my-name" }, nameToGoBy());
  const change = button(say.changeName, async () => {
    const wanted = await askName(nameToGoBy());
    if (!wanted || wanted === nameToGoBy()) {
      return;
    }
    try {
      await rename(wanted);
      setText(name, wanted);
      renamed(wanted);
    } catch (error) {
      toast(refusal(error), "bad");
    }
  }, { class: "link", data: { do: "rename" } });
  const me = whoAmI();
  // The name of somebody with an account is their site's to change.
  return el("p", { class: "as" }, say.playAs, " ", name, me && !isGuest(me.player) ? "" : " · ",
    me && !isGuest(me.player) ? "" : change);
}
