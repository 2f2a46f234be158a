// Clocks: what a seat has left at a moment, and how that is written.

const day = 24 * 3600 * 1000;

// What has passed since the clock was told, the free part of a delay clock apart.
function passed(clock, now, rate) {
  return Math.max(0, (now - clock.at) * rate);
}

/** What a seat has left, in ms, at this machine's monotonic time now; rate is how fast the game's time passes. */
export function remaining(clock, seat, now, rate = 1) {
  const left = clock.left?.[seat];
  if (left === undefined || !clock.run?.includes(seat)) {
    return left;
  }
  const pause = clock.type === "delay" ? clock.delay : 0;
  return Math.max(0, left - Math.max(0, passed(clock, now, rate) - pause));
}

/** The ms of a delay clock that are still free for a seat; 0 for other clocks and seats. */
export function resting(clock, seat, now, rate = 1) {
  if (clock.type !== "delay" || !clock.run?.includes(seat)) {
    return 0;
  }
  return Math.max(0, clock.delay - passed(clock, now, rate));
}

/** Writes a time: tenths below 20 s, days above one day, hours and minutes where there are days to move. */
export function format(ms, type) {
  const two = (n) => String(n).padStart(2, "0");
  if (ms < 20000) {
    const tenths = Math.floor(ms / 100);
    return `0:${two(Math.floor(tenths / 10))}.${tenths % 10}`;
  }
  const seconds = Math.floor(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  if (ms >= day) {
    return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  }
  if (type === "days" && hours > 0) {
    return `${hours} h ${minutes} m`;
  }
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
