// The time controls that are one click away.

const minute = 60000;
const fischer = (minutes, seconds) => ({ type: "fischer", initial: minutes * minute, increment: seconds * 1000 });

/** What quick pairing offers; key is what people call it. */
export const quick = [
  { key: "1+0", class: "bullet", clock: fischer(1, 0) },
  { key: "3+2", class: "blitz", clock: fischer(3, 2) },
  { key: "5+0", class: "blitz", clock: fischer(5, 0) },
  { key: "10+0", class: "rapid", clock: fischer(10, 0) },
  { key: "15+10", class: "rapid", clock: fischer(15, 10) },
  { key: "1 day", class: "days", clock: { type: "days", days: 1 } },
];

/** What a game of one's own can have. */
export const own = [
  ...quick,
  { key: "∞", class: "none", clock: { type: "none" } },
  { key: "Custom", class: "own" },
];

/** The clock that somebody has put together. */
export function customClock({ minutes, seconds, type }) {
  return { type, initial: minutes * minute, [type === "delay" ? "delay" : "increment"]: seconds * 1000 };
}
