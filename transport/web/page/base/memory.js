// What the browser remembers between visits. A browser that forbids it forgets, and nothing else breaks.

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(`ply.${key}`) ?? "null");
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    localStorage.setItem(`ply.${key}`, JSON.stringify(value));
  } catch {
    // Private windows and full disks: the page works until it is closed.
    return;
  }
}

const kept = 12;

/** The guest we are: {player, name, token, expires}, or null. */
export const guest = { get: () => read("guest"), set: (value) => write("guest", value) };

/** The games this browser sat down in, newest first: {game, seat, clock, invites}. */
export const seats = {
  all: () => read("seats") ?? [],
  find: (game) => seats.all().find((one) => one.game === game),
  add: (one) => write("seats", [one, ...seats.all().filter((old) => old.game !== one.game)].slice(0, kept)),
  drop: (game) => write("seats", seats.all().filter((one) => one.game !== game)),
};

/** The last choices made when starting a game. */
export const choices = { get: () => read("choices") ?? {}, set: (value) => write("choices", value) };

/** What the settings dialog was last told; see settings.js. */
export const wanted = { get: () => read("settings") ?? {}, set: (value) => write("settings", value) };
