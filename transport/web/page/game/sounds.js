// Sounds, made by the page itself. A page that nobody has touched is silent: browsers want it so, and people too.

import { settings } from "../base/settings.js";

let audio = null;
let hiss = null; // a moment of noise

function unlock(event) {
  // Some presses are no gestures for a browser: it would only complain of a sound that it then mutes.
  if (event.isTrusted && settings().sound && navigator.userActivation?.isActive !== false) {
    audio ??= new AudioContext();
    audio.resume().catch(() => {});
  }
}

for (const kind of ["pointerup", "click", "keydown"]) {
  addEventListener(kind, unlock, true);
}

function envelope(at, level, length) {
  const gain = audio.createGain();
  gain.gain.setValueAtTime(0.0001, at);
  gain.gain.exponentialRampToValueAtTime(level, at + 0.004);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + length);
  gain.connect(audio.destination);
  return gain;
}

function tone(after, pitch, length, level, type = "sine") {
  const at = audio.currentTime + after;
  const source = audio.createOscillator();
  source.type = type;
  source.frequency.setValueAtTime(pitch, at);
  source.connect(envelope(at, level, length));
  source.start(at);
  source.stop(at + length);
}

// A piece of wood on a board: noise through a narrow filter, and the board's own low note.
function knock(after, pitch, level) {
  const at = audio.currentTime + after;
  if (!hiss) {
    hiss = audio.createBuffer(1, audio.sampleRate / 10, audio.sampleRate);
    const samples = hiss.getChannelData(0);
    samples.forEach((_, i) => { samples[i] = Math.random() * 2 - 1; });
  }
  const source = audio.createBufferSource();
  source.buffer = hiss;
  const filter = audio.createBiquadFilter();
  filter.type = "bandpass";
  filter.frequency.value = pitch;
  filter.Q.value = 2.5;
  source.connect(filter);
  filter.connect(envelope(at, level, 0.06));
  source.start(at);
  tone(after, pitch / 6, 0.09, level * 0.5, "triangle");
}

const sounds = {
  move: () => knock(0, 1100, 0.5),
  capture: () => { knock(0, 1700, 0.6); knock(0.045, 900, 0.5); },
  check: () => { knock(0, 1300, 0.5); tone(0.03, 988, 0.16, 0.09, "triangle"); },
  low: () => { tone(0, 740, 0.08, 0.14, "triangle"); tone(0.13, 740, 0.08, 0.14, "triangle"); },
  notify: () => { tone(0, 587, 0.14, 0.1); tone(0.1, 880, 0.22, 0.1); },
  end: () => [392, 494, 587].forEach((pitch, i) => tone(i * 0.09, pitch, 0.5, 0.08)),
};

/** Plays "move", "capture", "check", "low", "notify" or "end", if sounds are on and somebody has touched the page. */
export function play(name) {
  if (audio?.state === "running" && settings().sound) {
    sounds[name]();
  }
}
