// Clocks: what a seat has left at a moment, and how that is written.

/** What a seat has left, in ms, at this machine's monotonic time now; rate is how fast the game's time passes. */
export function remaining(clock, seat, now, rate = 1) {
  const left = clock.left?.[seat];
  if (left === undefined || !clock.run?.includes(seat)) {
    return left;
  }
  const pause = clock.type === "delay" ? clock.delay : 0;
  return Math.max(0, left - Math.max(0, (now - clock.at) * rate - pause));
}

/** Writes a time: tenths below 20 s, days above one day. */
export function format(ms) {
  const two = (n) => String(n).padStart(2, "0");
  if (ms < 20000) {
    const tenths = Math.floor(ms / 100);
    return `0:${two(Math.floor(tenths / 10))}.${tenths % 10}`;
  }
  const seconds = Math.floor(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  if (hours >= 24) {
    return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  }
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** A time as people say it, for screen readers. */
export function spoken(ms) {
  const seconds = Math.floor(ms / 1000);
  const parts = [];
  for (const [size, unit] of [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]]) {
    const n = size === 1 ? seconds % 60 : Math.floor(seconds / size) % (size === 86400 ? 1e9 : size === 3600 ? 24 : 60);
    if (n > 0) {
      parts.push(`${n} ${unit}${n === 1 ? "" : "s"}`);
    }
  }
  return parts.slice(0, 2).join(" ") || "no time";
}
