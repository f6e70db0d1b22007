// Everything that a button or a key does, and which key that is.

import { saveWav } from "./saving.js";

const CLOSER = 0.7;
const FARTHER = 1 / 0.7;

/** @type {Record<string, (player: any, amount?: number) => void>} */
export const COMMANDS = {
  play: (player) => player.togglePlay(),
  seek: (player, share) => player.seek(share * player.lengthSeconds),
  seekBy: (player, seconds) => player.seek(player.engine.position() + seconds),
  playLooped: (player) => {
    player.selection.setLooping(!player.selection.looping);
    if (!player.engine.playing) player.togglePlay();
  },
  step: (player, count) => player.step(count),
  sound: (player, index) => player.chooseSound(index),
  help: (player) => player.showHelp(),
  matched: (player) => player.setMatched(!player.engine.matched),
  pitch: ({ playback, engine }) => playback.setKeepsPitch(!engine.keepsPitch),
  speed: ({ playback }, by) => playback.changeSpeed(by),
  loop: ({ selection }) => selection.setLooping(!selection.looping),
  previous: ({ selection }) => selection.stepRegion(-1),
  next: ({ selection }) => selection.stepRegion(1),
  solo: ({ selection, engine }) => selection.hear(!(selection.solo && engine.playing)),
  edit: ({ selection }) => selection.takeHold(),
  save: (player) => saveWav(player),
  start: ({ selection }) => selection.markAtPlayhead("start"),
  end: ({ selection }) => selection.markAtPlayhead("end"),
  clear: ({ selection }) => selection.box && selection.clear(),
  pan: ({ navigation }, byTime) => navigation.panBy(byTime, 0),
  panUp: ({ navigation }, byFreq) => navigation.panBy(0, byFreq),
  closer: ({ navigation }) => navigation.zoomAt(null, CLOSER, 1),
  farther: ({ navigation }) => navigation.zoomAt(null, FARTHER, 1),
  taller: ({ navigation }) => navigation.zoomAt(null, 1, CLOSER),
  flatter: ({ navigation }) => navigation.zoomAt(null, 1, FARTHER),
  whole: ({ navigation }) => navigation.showAll(),
  zoomToBox: ({ navigation }) => navigation.zoomToBox(),
  heat: ({ look }, by) => look.setOpacity(look.opacity + by),
  range: ({ look }, by) => look.setRange(look.rangeDb + by),
  colours: ({ look }) => look.next("colours"),
  views: ({ look }) => look.next("view"),
  fft: ({ look }) => look.nextFftSize(),
  scales: ({ look }) => look.next("scale"),
  paint: ({ painting }) => painting.setOn(!painting.isOn),
  addBox: ({ painting }) => painting.addBox(1),
  takeBox: ({ painting }) => painting.addBox(0),
  undo: ({ painting }) => painting.undo(),
  wipe: ({ painting }) => painting.clear(),
};

/** @type {Record<string, [string, number?]>} */
const KEYS = {
  " ": ["play"],
  ArrowLeft: ["step", -1],
  ArrowRight: ["step", 1],
  ArrowUp: ["panUp", 0.1],
  ArrowDown: ["panUp", -0.1],
  ",": ["seekBy", -1],
  ".": ["seekBy", 1],
  Home: ["seek", 0],
  End: ["seek", 1],
  PageUp: ["pan", -0.5],
  PageDown: ["pan", 0.5],
  n: ["next"],
  p: ["previous"],
  b: ["solo"],
  i: ["start"],
  o: ["end"],
  e: ["edit"],
  w: ["save"],
  l: ["loop"],
  m: ["matched"],
  "<": ["speed", -1],
  ">": ["speed", 1],
  "+": ["closer"],
  "=": ["closer"],
  "-": ["farther"],
  "−": ["farther"],
  0: ["whole"],
  z: ["zoomToBox"],
  "[": ["heat", -0.1],
  "]": ["heat", 0.1],
  "{": ["range", -5],
  "}": ["range", 5],
  c: ["colours"],
  d: ["paint"],
  a: ["addBox"],
  x: ["takeBox"],
  u: ["undo"],
  Delete: ["wipe"],
  v: ["views"],
  s: ["scales"],
  f: ["fft"],
  Escape: ["clear"],
  "?": ["help"],
};
const WITH_ALT = { closer: "taller", farther: "flatter" };

/**
 * Find what a key does.
 *
 * @param {{ key: string, shiftKey?: boolean, altKey?: boolean }} event
 * @returns {[string, number?] | null} the command and its amount
 */
export function commandOf({ key, shiftKey, altKey }) {
  if (/^[1-9]$/.test(key)) return ["sound", Number(key) - 1];
  const [name, amount] = KEYS[key] ?? KEYS[key.toLowerCase()] ?? [];
  if (!name) return null;
  if (key === " " && shiftKey) return ["playLooped"];
  if (altKey && WITH_ALT[name]) return [WITH_ALT[name]];
  return name === "step" && shiftKey ? [name, 10 * amount] : [name, amount];
}
