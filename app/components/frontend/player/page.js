// The page: every control of the player, built once. Words from outside are set as text only.

import { COLOUR_MAPS } from "../shared/colours.js";
import { drawn, element, keycaps, offer } from "../shared/elements.js";
import { WINDOWS } from "../shared/spectrogram.js";
import { TOOLS } from "./brush.js";
import { COMMANDS } from "./commands.js";
import { FFT_SIZES, SCALES, VIEWS } from "./look.js";
import { SIZES } from "./painting.js";
import { GAIN } from "./playback.js";

const ICONS = {
  play: "M7 4.5v15l12-7.5z",
  pause: "M6 4.5h4.2v15H6zM13.8 4.5H18v15h-4.2z",
  loop: "M17 2.5l4 4-4 4M3 11.5v-1a4 4 0 0 1 4-4h14M7 21.5l-4-4 4-4M21 12.5v1a4 4 0 0 1-4 4H3",
  level: "M4 14v-4M8.5 18V6M13 15V9M17.5 20V4M22 14v-4",
  previous: "M14.5 5.5L8 12l6.5 6.5",
  next: "M9.5 5.5L16 12l-6.5 6.5",
  clear: "M6 6l12 12M18 6L6 18",
  closer: "M12 5v14M5 12h14",
  farther: "M5 12h14",
  whole: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  taller: "M12 3v18M8.5 6.5L12 3l3.5 3.5M8.5 17.5L12 21l3.5-3.5",
  flatter: "M12 2v7M12 22v-7M8.5 5.5L12 9l3.5-3.5M8.5 18.5L12 15l3.5 3.5",
  paint: "M4 20c3 0 5-1 5-3.5A2.5 2.5 0 0 0 4.5 16c0 2-.5 3-2 4zM9.5 14.5L20 4M8 13l3 3",
  undo: "M8 4L3 9l5 5M3 9h10a6 6 0 0 1 0 12h-3",
  save: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14",
  help: "M9 9.2a3 3 0 1 1 4.4 2.7c-.9.5-1.4 1-1.4 2.1M12 17.6v.2",
};
const FILLED = new Set(["play", "pause"]);

const KEYS = [
  ["Space", "play or pause, wherever you are on the page, unless you type or have tabbed to a button"],
  [["←", "→"], "move the playhead; with Shift ten times as far"],
  [[",", "."], "a second back or on"],
  ["Home End", "to the beginning or the end"],
  ["1 – 9", "switch to that sound at the same place"],
  [["n", "p"], "next or previous region"],
  ["b", "hear only the box; again while it plays, everything"],
  [["i", "o"], "box begins or ends at the playhead"],
  [
    "e",
    "take hold of the box: arrows move it, Shift + arrows its end or top, Ctrl + Shift + arrows its beginning or bottom",
  ],
  ["w", "save what is heard as WAV: only the box, its time, or everything"],
  ["l", "loop the box, or everything; Shift + Space loops and plays"],
  ["m", "same loudness for all sounds"],
  [["<", ">"], "slower or faster"],
  ["Esc", "remove the box, close this"],
];
const PICTURE_KEYS = [
  [["+", "−"], "zoom in time; with Alt in frequency"],
  [["↑", "↓"], "to higher or lower frequencies when zoomed"],
  ["Page Up/Down", "to earlier or later times when zoomed"],
  ["z", "zoom to the box"],
  ["0", "show everything"],
  [["[", "]"], "less or more heat"],
  [["{", "}"], "smaller or larger range in dB"],
  [["v", "s", "c"], "next view, frequency scale, colours"],
  ["f", "next FFT size of the picture; the map stays"],
  ["d", "paint a mask of your own, or stop"],
  [["a", "x"], "add the box to the paint, or take it away"],
  ["u", "undo the last stroke; Delete removes all paint"],
];
const GESTURES = [
  ["Click", "move the playhead there"],
  ["Drag", "draw a box, and hear only that time and frequency"],
  ["Drag along time, or on a lane", "a box of all frequencies; along frequency, of all times"],
  ["Drag the box", "move it, or one of its edges or corners; with Alt, draw another one in it"],
  ["Shift + drag", "move the picture; so does a drag on an axis"],
  ["Ctrl + wheel", "zoom in time at the pointer, with Alt in frequency; after a click without Ctrl, too"],
  ["Shift + wheel", "move to earlier or later times"],
  ["Double click", "zoom to the box, or show everything"],
  ["Pinch", "zoom with two fingers"],
];

const HEARING = [
  ["all", "Everything", "Hear everything (b while the box plays)"],
  ["only", "Only this", "Hear only the box, its time and its frequencies (b)"],
];

// Command, what it does, its key, its icon, what is written on it, whether it stays pressed.
/** @type {[string, string, string, string?, string?, boolean?][]} */
const BUTTONS = [
  ["play", "Play", "space", "play"],
  ["loop", "Loop", "l", "loop", "", true],
  ["matched", "Same loudness", "m", "level", "Same loudness", true],
  ["pitch", "Keep the pitch at another speed", "", "", "Keep pitch", true],
  ["help", "Keys and gestures", "?", "help"],
  ["previous", "Previous region", "p", "previous"],
  ["next", "Next region", "n", "next"],
  ["clear", "Remove the box", "Esc", "clear"],
  ["save", "Save what is heard as WAV", "w", "save", "WAV"],
  ["paint", "Paint a mask", "d", "paint", "Paint", true],
  ["addBox", "Add the box to the paint", "a", "", "Add box"],
  ["undo", "Undo", "u", "undo"],
  ["wipe", "Remove all paint", "Delete", "", "Clear"],
  ["farther", "Zoom out", "−", "farther"],
  ["closer", "Zoom in", "+", "closer"],
  ["flatter", "Zoom out in frequency", "Alt and −", "flatter"],
  ["taller", "Zoom in frequency", "Alt and +", "taller"],
  ["whole", "Show everything", "0", "whole"],
];

function icon(name) {
  const options = { viewBox: "0 0 24 24", "aria-hidden": "true", class: FILLED.has(name) ? "icon filled" : "icon" };
  return drawn("svg", options, [drawn("path", { d: ICONS[name] })]);
}

/**
 * Change the icon of a button.
 *
 * @param {Element} button
 * @param {string} name
 */
export function setIcon(button, name) {
  button.querySelector("svg").replaceWith(icon(name));
}

/** @type {(...described: any[]) => any} */
function button(name, caption, key, iconName, text, isToggle) {
  const children = [];
  if (iconName) children.push(icon(iconName));
  if (text) children.push(element("span", { text }));
  const options = { type: "button", class: text ? "" : "square", "data-part": name, "aria-label": caption };
  if (isToggle) options["aria-pressed"] = "false";
  return element("button", { ...options, title: key ? `${caption} (${key})` : caption }, children);
}

/**
 * Make buttons of which one is chosen, as radio buttons: one tab stop, arrows move inside.
 *
 * @param {string} part
 * @param {string} caption
 * @param {any[][]} items value, text and title of each
 * @param {(value: string) => void} choose
 */
export function segmented(part, caption, items, choose) {
  const options = { class: "segmented", role: "radiogroup", "aria-label": caption, "data-part": part };
  const group = element("div", options);
  items.forEach(([value, text, title], i) => {
    const described = { type: "button", role: "radio", text, title: title ?? text, "data-value": value };
    const item = element("button", described);
    item.addEventListener("click", () => choose(value));
    item.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      const next = group.children[(i + step + items.length) % items.length];
      next.focus();
      choose(next.dataset.value);
    });
    group.append(item);
  });
  return group;
}

/**
 * Mark which of such buttons is chosen.
 *
 * @param {Element} group
 * @param {unknown} value
 */
export function markChosen(group, value) {
  for (const item of /** @type {any} */ (group.children)) {
    const chosen = item.dataset.value === String(value);
    item.setAttribute("aria-checked", String(chosen));
    item.tabIndex = chosen ? 0 : -1;
  }
}

function slider(part, text, title, sizes) {
  const input = element("input", { type: "range", "data-part": part, ...sizes });
  const value = element("span", { class: "value" });
  const root = element("label", { class: "cluster slider", title }, [element("span", { text }), input, value]);
  return { root, input, value };
}

function chooser(part, text, title, choices = []) {
  const input = element("select", { "data-part": part });
  offer(input, choices);
  const root = element("label", { class: "cluster chooser", title }, [element("span", { text }), input]);
  return { root, input };
}

function helpDialog() {
  const row = ([keys, meaning]) =>
    element("div", {}, [element("dt", {}, keycaps([keys].flat())), element("dd", { text: meaning })]);
  const table = (rows) => element("dl", {}, rows.map(row));
  const close = button("help-close", "Close", "", "clear");
  const dialog = element("dialog", { "aria-label": "Keys and gestures of the player" }, [
    element("div", { class: "row dialog-head" }, [element("h2", { text: "Keys and gestures" }), close]),
    element("div", { class: "dialog-body" }, [table(KEYS), table([...PICTURE_KEYS, ...GESTURES])]),
  ]);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  return dialog;
}

/**
 * Build all controls.
 *
 * @param {any} player
 * @returns {Record<string, any>} each of them by its name
 */
export function buildPage(player) {
  const { root, look, painting, selection, error, spoken } = player;
  const choose = (name) => (value) => look.set(name, value);
  const buttons = Object.fromEntries(BUTTONS.map(([name, ...described]) => [name, button(name, ...described)]));
  for (const [name, made] of Object.entries(buttons)) player.on(made, "click", () => COMMANDS[name](player));
  buttons.play.classList.add("primary");
  /** @type {[string, string][]} */
  const windows = Object.keys(WINDOWS).map((name) => [name, name]);
  const heat = { min: 0, max: 100, step: 5 };
  const range = { min: 20, max: 120, step: 5 };
  /** @type {Record<string, any>} */
  const page = {
    buttons,
    time: element("span", { class: "time" }),
    sounds: element("div", { class: "sounds" }),
    base: element("canvas", { "aria-hidden": "true" }),
    overlay: element("canvas", { "aria-hidden": "true" }),
    maps: element("div", { class: "maps" }),
    regions: element("div", { class: "regions", role: "group", "aria-label": "Regions" }),
    counter: element("span", { class: "counter" }),
    chosen: element("span", { class: "chosen" }),
    readout: element("span", { class: "readout", "aria-hidden": "true" }),
    views: segmented("views", "View", VIEWS, choose("view")),
    scales: segmented("scales", "Frequency scale", SCALES, choose("scale")),
    colours: segmented("colours", "Colours", COLOUR_MAPS, choose("colours")),
    legend: element("canvas", {
      class: "legend",
      role: "img",
      "aria-label": "Evidence from 0 to 1, the threshold at 0.5",
    }),
    fft: chooser("fft", "FFT", "Size of the transform that the picture is made with (f); the map stays", FFT_SIZES),
    window: chooser("window", "Window", "Window of that transform", windows),
    speed: chooser("speed", "Speed", "How fast it is played (< and >)"),
    gain: slider("gain", "Gain", "How much louder everything is played", GAIN),
    limited: element("span", { class: "limited", text: "Peaks are held back" }),
    opacity: slider("opacity", "Heat", "How strong the heat is ([ and ])", heat),
    range: slider("range", "Range", "How far below the loudest the picture reaches ({ and })", range),
    handle: element("div", { class: "handle", role: "group", tabindex: "0", hidden: "" }),
    hearing: segmented("hearing", "What is heard", HEARING, (what) => selection.hear(what === "only")),
    tools: segmented("tools", "Tool", TOOLS, (tool) => painting.setTool(tool)),
    brushSize: slider("brush-size", "Size", "How wide the brush is", SIZES),
    painted: element("span", { class: "painted" }),
    waiting: element("span", { class: "waiting", text: "Fetching the next part", hidden: "" }),
    note: element("p", { class: "note", hidden: "" }),
    findings: element("ol", { class: "findings", "aria-label": "Findings", hidden: "" }),
    findingsNote: element("p", { class: "findings-note", hidden: "" }),
    playButton: (caption) => button("play-finding", caption, "", "play"),
    dialog: helpDialog(),
  };
  const row = (children, kind = "") => element("div", { class: `row ${kind}` }, children);
  const cluster = (children, kind = "") => element("div", { class: `cluster ${kind}` }, children);
  const plot = { class: "plot", tabindex: "0", role: "slider", "aria-label": "Playhead on the spectrogram" };
  const shortcuts = { "aria-keyshortcuts": "Space ArrowLeft ArrowRight N P B L" };
  page.plot = element("div", { ...plot, ...shortcuts }, [page.base, page.overlay]);
  page.stage = element("div", { class: "stage" }, [page.plot, page.maps, page.handle, page.regions]);
  const brushes = cluster([buttons.addBox, buttons.undo, buttons.wipe]);
  page.brushRow = element("div", { class: "row", role: "group", "aria-label": "Paint" }, [
    page.tools,
    page.brushSize.root,
    brushes,
    page.painted,
  ]);
  const listening = cluster([buttons.loop, buttons.matched, buttons.help]);
  const stepper = cluster([buttons.previous, page.counter, buttons.next]);
  const boxed = cluster([page.hearing, buttons.clear, buttons.save, buttons.paint]);
  const sliders = cluster([page.opacity.root, page.range.root], "sliders");
  const { farther, closer, flatter, taller, whole } = buttons;
  const zoom = cluster([farther, closer, flatter, taller, whole], "zoom");
  root.replaceChildren(
    page.findings,
    page.findingsNote,
    row([buttons.play, page.time, page.waiting, page.sounds, cluster([zoom, listening], "end tools")]),
    error,
    page.stage,
    row([stepper, page.chosen, boxed, page.readout]),
    row([
      page.speed.root,
      buttons.pitch,
      page.gain.root,
      page.limited,
      cluster([page.legend, page.fft.root, page.window.root], "end"),
    ]),
    page.brushRow,
    row([page.views, page.scales, page.colours, sliders], "look"),
    page.note,
    spoken,
    page.dialog,
  );
  return page;
}
