// A socket that comes back: section 9's close codes and section 11's back-off. What the lines mean is not its matter.

import { stops, stopped } from "../words.js";

const first = 1000;
const longest = 10000;
const steady = 10000; // ms connected after which the back-off starts anew
const quiet = 10000; // ms without a line after which we ask whether anybody is there
const patience = 5000; // ms to wait for that answer
const beat = 4000; // ms between looks at the clock
const nap = 12000; // ms between two looks that only a machine asleep explains

const broken = new Set([1002, 1003, 1007, 1009]);

/**
 * Connection keeps one socket open. The caller gives:
 *   url()        the address, asked anew for every attempt (it holds "from")
 *   token()      a promise of a token or null
 *   expired()    our token has expired: a promise to be waited for before the next attempt; optional
 *   refused()    asked after a handshake failed, as a browser hides why: a promise of a text to stop with, or null
 *   lines(list)  what arrived, parsed
 *   resync()     the server said: forget everything
 *   changed(s)   {state: "connecting" | "open" | "waiting" | "finished" | "stopped", until, reason, code}
 */
export class Connection {
  #caller;
  #socket = null;
  #attempts = 0;
  #timer = 0;
  #watch = 0;
  #closed = false;
  #over = false; // the server said that nothing more will come, or that we are not wanted
  #waiting = false;
  #turn = 0; // of the newest attempt; an older one that wakes up late is dropped

  #beat = 0;
  #online = () => this.#hurry();
  #offline = () => this.#probe();
  #visible = () => document.visibilityState === "visible" && this.#hurry();

  // Browsers keep pages that were left for the way back, sockets open: the others would take us for present.
  #hidden = () => {
    this.#turn++;
    clearTimeout(this.#timer);
    this.#drop();
  };
  #shown = ({ persisted }) => persisted && !this.#over && this.open();

  constructor(caller) {
    this.#caller = caller;
    addEventListener("online", this.#online);
    addEventListener("offline", this.#offline);
    navigator.connection?.addEventListener?.("change", this.#online);
    this.#watchSleep();
    addEventListener("pagehide", this.#hidden);
    addEventListener("pageshow", this.#shown);
    document.addEventListener("visibilitychange", this.#visible);
  }

  /** Opens the socket; from then on it reconnects by itself. */
  async open() {
    clearTimeout(this.#timer);
    this.#waiting = false;
    const turn = ++this.#turn;
    this.#caller.changed({ state: "connecting" });
    const token = await this.#caller.token().catch(() => null);
    if (this.#closed || turn !== this.#turn) {
      return;
    }
    const address = new URL(this.#caller.url(), location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address, token ? ["ply.v1", `bearer.${token}`] : ["ply.v1"]);
    this.#socket = socket;
    let opened = 0;
    socket.onopen = () => {
      opened = performance.now();
      this.#heard();
      this.#caller.changed({ state: "open" });
    };
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) {
        return;
      }
      this.#heard();
      this.#caller.lines(data.split("\n").map((line) => JSON.parse(line)));
    };
    socket.onclose = ({ code, reason }) => {
      if (socket === this.#socket) {
        this.#ended(code, reason, opened);
      }
    };
  }

  /** Sends an object if the socket is open; tells whether it was. */
  send(object) {
    if (this.#socket?.readyState !== WebSocket.OPEN) {
      return false;
    }
    this.#socket.send(JSON.stringify(object));
    return true;
  }

  /** Gives this socket up and opens another one after the usual pause. */
  again() {
    this.#drop();
    this.#wait(this.#pause());
  }

  /** Ends it for good. */
  close() {
    this.#closed = true;
    this.#waiting = false;
    clearTimeout(this.#timer);
    clearInterval(this.#beat);
    removeEventListener("online", this.#online);
    removeEventListener("offline", this.#offline);
    navigator.connection?.removeEventListener?.("change", this.#online);
    removeEventListener("pagehide", this.#hidden);
    removeEventListener("pageshow", this.#shown);
    document.removeEventListener("visibilitychange", this.#visible);
    this.#drop();
  }

  #drop() {
    clearTimeout(this.#watch);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  async #ended(code, reason, opened) {
    clearTimeout(this.#watch);
    this.#socket = null;
    if (opened && performance.now() - opened > steady) {
      this.#attempts = 0;
    }
    if (code === 4505) {
      this.#over = true;
      this.#caller.changed({ state: "finished" });
      return;
    }
    if (code >= 4500 || broken.has(code)) {
      this.#over = true;
      this.#caller.changed({ state: "stopped", reason: stops[code] ?? stopped, code });
      return;
    }
    if (!opened) {
      const turn = this.#turn;
      const why = await this.#caller.refused();
      if (this.#closed || turn !== this.#turn) {
        return;
      }
      if (why) {
        this.#over = true;
        this.#caller.changed({ state: "stopped", reason: why });
        return;
      }
    }
    if (code === 4004) {
      this.#caller.resync();
    }
    if (code === 4005) {
      const turn = this.#turn;
      await this.#caller.expired?.();
      if (this.#closed || turn !== this.#turn) {
        return;
      }
    }
    const told = code === 4001 ? Number(/^retry=(\d+)$/.exec(reason)?.[1] ?? NaN) : NaN;
    if (!Number.isNaN(told)) {
      this.#wait(told);
    } else if (code === 4006) {
      this.#wait(1000 + Math.random() * 2000);
    } else {
      this.#wait(this.#pause());
    }
  }

  // A random 0-1 s at first, so that a server's end does not bring everybody back at once; then doubling, with jitter.
  #pause() {
    const attempt = this.#attempts++;
    if (attempt === 0) {
      return Math.random() * first;
    }
    return Math.min(longest, first * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
  }

  #wait(ms) {
    this.#caller.changed({ state: "waiting", until: performance.now() + ms });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.open(), ms);
    this.#waiting = true;
  }

  // A browser does not see the server's pings, and a network that went away says nothing: ask after a silence.
  #heard() {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#probe(), quiet);
  }

  #probe() {
    if (this.send({ t: "ping", ts: Date.now() })) {
      clearTimeout(this.#watch);
      this.#watch = setTimeout(() => this.again(), patience);
    }
  }

  // A phone that slept tells nobody: its timers stood still while the time went on.
  #watchSleep() {
    let seen = Date.now();
    this.#beat = setInterval(() => {
      const slept = Date.now() - seen > nap;
      seen = Date.now();
      if (slept && !document.hidden) {
        this.#hurry();
      }
    }, beat);
  }

  // The network is back or the tab is looked at again: no reason to sit out a pause, or to trust a sleeping socket.
  #hurry() {
    if (this.#waiting) {
      this.open();
    } else {
      this.#probe();
    }
  }
}
