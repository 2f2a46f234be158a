// What waits for us: challenges, and the games that we are in the middle of.

import { callOff, sitDown } from "../lobby/sit.js";
import { button, el } from "../base/dom.js";
import { liveList } from "../base/lists.js";
import { poll } from "../base/poll.js";
import { toast } from "../base/toasts.js";
import { readAs, whoAmI } from "../net/identity.js";
import { playerLink } from "../player/link.js";
import { clockName, home as say, playerName, refusal, seatName } from "../words.js";

const every = 5000;
const most = 8;

/** The two lists' box, hidden while there is nothing to tell. */
export function myGames() {
  const challenges = liveList({ key: (one) => one.game, build: (one) => challenge(one, () => look()), empty: "", label: say.challenges, rows: 0 });
  const games = liveList({ key: (one) => one.game, build: entry, empty: "", label: say.myGames, rows: 0 });
  const asked = el("section", { class: "card challenges", hidden: true, "aria-labelledby": "challenges" },
    el("h2", { id: "challenges" }, say.challenges), challenges.root);
  const mine = el("section", { class: "card my-games", hidden: true, "aria-labelledby": "my-games" },
    el("h2", { id: "my-games" }, say.myGames), games.root);
  const look = poll(async () => {
    const me = whoAmI();
    if (!me) {
      return;
    }
    const [{ games: live }, { games: open }] = await Promise.all([
      readAs(`/api/me/games?status=live&limit=${most}`), readAs(`/api/me/games?status=open&limit=${most}`)]);
    const forMe = open.filter(({ reserved }) => Object.values(reserved ?? {}).includes(me.player));
    challenges.show(forMe.map((one) => ({ ...one, seat: Object.keys(one.reserved).find((seat) => one.reserved[seat] === me.player) })));
    asked.hidden = forMe.length === 0;
    const states = await Promise.all(live.map(({ game }) => readAs(`/api/games/${game}`).catch(() => null)));
    const rows = live.map((one, i) => summary(one, states[i], me.player));
    rows.sort((a, b) => Number(b.due) - Number(a.due));
    rows.push(...open.filter((one) => !forMe.includes(one) && Object.values(one.players).some(({ id }) => id === me.player))
      .map((one) => summary(one, null, me.player)));
    games.show(rows);
    mine.hidden = rows.length === 0;
  }, every);
  return el("div", { class: "waiting-for-me" }, asked, mine);
}

// Only what is shown, so that a row is not built again for what is not.
function summary({ game, clock, players, status }, state, me) {
  const seat = Object.keys(players).find((one) => players[one].id === me);
  const rival = Object.entries(players).find(([one]) => one !== seat)?.[1];
  return { game, seat, clock, rival, open: status === "open", due: Boolean(state?.turn?.includes(seat)), over: state?.status === "ended" };
}

function entry({ game, seat, clock, rival, open, due, over }) {
  const standing = open ? say.waitingForOpponent : over ? say.over : due ? say.yourTurn : say.theirTurn;
  return el("a", { class: `entry ${due ? "due" : ""}`, href: `/game/${game}` },
    el("span", { class: "who" }, el("strong", {}, rival ? playerName(rival) : say.nobodyYet), " ", el("small", {}, say.youAre(seatName(seat)))),
    el("span", { class: "terms" }, clockName(clock)), el("small", { class: "note" }, standing));
}

function challenge({ game, by, seat, clock, rated }, done) {
  const act = (label, what, deed, kind) => button(label, async (event) => {
    const one = event.currentTarget;
    one.disabled = true;
    try {
      await deed();
    } catch (error) {
      toast(refusal(error), "bad");
      one.disabled = false;
    }
    done();
  }, { class: `button ${kind}`, data: { [what]: game } });
  return el("div", { class: "challenge" },
    el("p", {}, playerLink(by), " ", say.challengesYou, " ", el("small", {}, say.challengeTerms(seatName(seat), clockName(clock), rated))),
    el("div", { class: "row" }, act(say.accept, "accept", () => sitDown(game, seat), "primary"),
      act(say.decline, "decline", () => callOff(game), "")));
}
