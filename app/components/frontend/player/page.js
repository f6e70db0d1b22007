// The page: every control of the player, built once. Words from outside are set as text only.

import { TOOLS } from "./brush.js";
import { COLOUR_MAPS } from "./colours.js";

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  play: "M7 4.5v15l12-7.5z",
  pause: "M6 4.5h4.2v15H6zM13.8 4.5H18v15h-4.2z",
  loop: "M17 2.5l4 4-4 4M3 11.5v-1a4 4 0 0 1 4-4h14M7 21.5l-4-4 4-4M21 12.5v1a4 4 0 0 1-4 4H3",
  level: "M4 14v-4M8.5 18V6M13 15V9M17.5 20V4M22 14v-4",
  previous: "M14.5 5.5L8 12l6.5 6.5",
  next: "M9.5 5.5L16 12l-6.5 6.5",
  box: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M8 12h8M10 9.5v5M14 9.5v5",
  clear: "M6 6l12 12M18 6L6 18",
  closer: "M12 5v14M5 12h14",
  farther: "M5 12h14",
  whole: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  taller: "M12 3v18M8.5 6.5L12 3l3.5 3.5M8.5 17.5L12 21l3.5-3.5",
  flatter: "M12 2v7M12 22v-7M8.5 5.5L12 9l3.5-3.5M8.5 18.5L12 15l3.5 3.5",
  paint: "M4 20c3 0 5-1 5-3.5A2.5 2.5 0 0 0 4.5 16c0 2-.5 3-2 4zM9.5 14.5L20 4M8 13l3 3",
  undo: "M8 4L3 9l5 5M3 9h10a6 6 0 0 1 0 12h-3",
  help: "M9 9.2a3 3 0 1 1 4.4 2.7c-.9.5-1.4 1-1.4 2.1M12 17.6v.2",
};
const FILLED = new Set(["play", "pause"]);

export const VIEWS = [
  ["both", "Both", "Sound with the evidence over it"],
  ["sound", "Sound", "The sound alone"],
  ["map", "Map", "The evidence alone"],
  ["side", "Side by side", "Sound and evidence beside each other"],
];
export const SCALES = [
  ["mel", "Mel"],
  ["log", "Log"],
  ["linear", "Linear"],
];

const KEYS = [
  ["Space", "play or pause"],
  ["← →", "move the playhead; with Shift ten times as far"],
  ["Home End", "to the beginning or the end"],
  ["1 – 9", "switch to that sound at the same place"],
  ["n p", "next or previous region"],
  ["b", "hear only the box"],
  ["i o", "box begins or ends at the playhead"],
  ["l", "loop the box, or everything"],
  ["m", "same loudness for all sounds"],
  ["+ −", "zoom in time; with Alt in frequency"],
  ["↑ ↓", "to higher or lower frequencies when zoomed"],
  ["Page Up/Down", "to earlier or later times when zoomed"],
  ["z", "zoom to the box"],
  ["0", "show everything"],
  ["[ ]", "less or more heat"],
  ["{ }", "smaller or larger range in dB"],
  ["v s c", "next view, frequency scale, colours"],
  ["d", "paint a mask of your own, or stop"],
  ["a x", "add the box to the paint, or take it away"],
  ["u", "undo the last stroke; Delete removes all paint"],
  ["Esc", "remove the box, close this"],
];
const GESTURES = [
  ["Click", "move the playhead there"],
  ["Drag", "draw a box, and hear only that time and frequency"],
  ["Drag on the score", "a box of all frequencies"],
  ["Shift + drag", "move the picture; so does a drag on an axis"],
  ["Wheel", "zoom in time, with Alt in frequency (after a click; with Ctrl at once)"],
  ["Double click", "zoom to the box, or show everything"],
  ["Pinch", "zoom with two fingers"],
];

/** An element; `options` are its attributes, with text and class among them. */
export function element(tag, options = {}, children = []) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name === "text") made.textContent = value;
    else if (name === "class") made.className = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", FILLED.has(name) ? "icon filled" : "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export function setIcon(button, name) {
  button.querySelector("svg").replaceWith(icon(name));
}

function button(part, label, { iconName, text, title, toggle } = {}) {
  const children = [];
  if (iconName) children.push(icon(iconName));
  if (text) children.push(element("span", { text }));
  const made = element("button", { type: "button", class: text ? "" : "square" }, children);
  made.dataset.part = part;
  made.setAttribute("aria-label", label);
  made.title = title ?? label;
  if (toggle) made.setAttribute("aria-pressed", "false");
  return made;
}

/** Buttons of which one is chosen, as radio buttons: one tab stop, arrows move inside. */
export function segmented(part, label, items, choose) {
  const group = element("div", { class: "segmented", role: "radiogroup", "aria-label": label });
  group.dataset.part = part;
  items.forEach(([value, text, title], i) => {
    const item = element("button", { type: "button", role: "radio", text });
    item.dataset.value = value;
    item.title = title ?? text;
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

export function markChosen(group, value) {
  for (const item of group.children) {
    const chosen = item.dataset.value === String(value);
    item.setAttribute("aria-checked", String(chosen));
    item.tabIndex = chosen ? 0 : -1;
  }
}

function slider(part, text, title, { min, max, step }) {
  const input = element("input", { type: "range", min, max, step });
  input.dataset.part = part;
  const value = element("span", { class: "value" });
  const label = element("label", { class: "slider", title }, [element("span", { text }), input, value]);
  return { label, input, value };
}

function helpDialog() {
  const table = (rows) =>
    element(
      "dl",
      {},
      rows.map(([keys, meaning]) =>
        element("div", {}, [
          element("dt", {}, /[a-z]{2}/i.test(keys) || keys.includes("–")
            ? [element("kbd", { text: keys })]
            : keys.split(" ").map((key) => element("kbd", { text: key }))),
          element("dd", { text: meaning }),
        ]),
      ),
    );
  const close = button("help-close", "Close", { iconName: "clear" });
  const dialog = element("dialog", { "aria-label": "Keys and gestures of the player" }, [
    element("div", { class: "dialog-head" }, [element("h2", { text: "Keys and gestures" }), close]),
    element("div", { class: "dialog-body" }, [table(KEYS), table(GESTURES)]),
  ]);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  return dialog;
}

/** All controls; the returned object names each. */
export function buildPage(root, actions) {
  const page = {
    play: button("play", "Play", { iconName: "play", title: "Play or pause (space)" }),
    time: element("span", { class: "time" }),
    sounds: element("div", { class: "sounds" }),
    loop: button("loop", "Loop", { iconName: "loop", title: "Loop (l)", toggle: true }),
    matched: button("matched", "Same loudness", {
      iconName: "level",
      text: "Same loudness",
      title: "Bring all sounds to the same loudness (m)",
      toggle: true,
    }),
    help: button("help", "Keys and gestures", { iconName: "help", title: "Keys and gestures (?)" }),
    base: element("canvas", { "aria-hidden": "true" }),
    overlay: element("canvas", { "aria-hidden": "true" }),
    maps: element("div", { class: "maps" }),
    regions: element("div", { class: "regions", role: "group", "aria-label": "Regions" }),
    previous: button("previous", "Previous region", { iconName: "previous", title: "Previous region (p)" }),
    next: button("next", "Next region", { iconName: "next", title: "Next region (n)" }),
    counter: element("span", { class: "counter" }),
    solo: button("solo", "Hear only the box", {
      iconName: "box",
      text: "Only this",
      title: "Hear only this time and frequency (b)",
      toggle: true,
    }),
    clear: button("clear", "Remove the box", { iconName: "clear", title: "Remove the box (Esc)" }),
    chosen: element("span", { class: "chosen" }),
    readout: element("span", { class: "readout", "aria-hidden": "true" }),
    views: segmented("views", "View", VIEWS, actions.setView),
    scales: segmented("scales", "Frequency scale", SCALES, actions.setScale),
    opacity: slider("opacity", "Heat", "How strong the heat is ([ and ])", { min: 0, max: 100, step: 5 }),
    range: slider("range", "Range", "How far below the loudest the picture reaches", {
      min: 20,
      max: 120,
      step: 5,
    }),
    colours: segmented("colours", "Colours", COLOUR_MAPS, actions.setColours),
    closer: button("closer", "Zoom in", { iconName: "closer", title: "Zoom in time (+)" }),
    farther: button("farther", "Zoom out", { iconName: "farther", title: "Zoom out in time (−)" }),
    taller: button("taller", "Zoom in frequency", {
      iconName: "taller",
      title: "Zoom in frequency (Alt and +)",
    }),
    flatter: button("flatter", "Zoom out in frequency", {
      iconName: "flatter",
      title: "Zoom out in frequency (Alt and −)",
    }),
    paint: button("paint", "Paint a mask", {
      iconName: "paint",
      text: "Paint",
      title: "Paint a mask of your own (d)",
      toggle: true,
    }),
    tools: segmented("tools", "Tool", TOOLS, actions.setTool),
    brushSize: slider("brush-size", "Size", "How wide the brush is", { min: 4, max: 60, step: 4 }),
    addBox: button("add-box", "Add the box to the paint", {
      text: "Add box",
      title: "Add the box or region to the paint (a)",
    }),
    undo: button("undo", "Undo", { iconName: "undo", title: "Undo the last stroke (u)" }),
    wipe: button("wipe", "Remove all paint", { text: "Clear", title: "Remove all paint (Delete)" }),
    painted: element("span", { class: "painted" }),
    waiting: element("span", { class: "waiting", text: "Fetching the next part", hidden: "" }),
    whole: button("whole", "Show everything", { iconName: "whole", title: "Show everything (0)" }),
    note: element("p", { class: "note", hidden: "" }),
    error: element("p", { class: "error", role: "alert", hidden: "" }),
    spoken: element("div", { class: "spoken", "aria-live": "polite", role: "status" }),
    dialog: helpDialog(),
  };
  page.play.classList.add("primary");
  page.plot = element("div", { class: "plot", tabindex: "0", role: "slider" }, [
    page.base,
    page.overlay,
  ]);
  page.plot.setAttribute("aria-label", "Playhead on the spectrogram");
  page.plot.setAttribute("aria-keyshortcuts", "Space ArrowLeft ArrowRight N P B L");
  page.stage = element("div", { class: "stage" }, [page.plot, page.maps, page.regions]);
  page.brushRow = element("div", { class: "row", role: "group", "aria-label": "Paint" }, [
    page.tools,
    page.brushSize.label,
    element("div", { class: "cluster" }, [page.addBox, page.undo, page.wipe]),
    page.painted,
  ]);
  page.stepper = element("div", { class: "cluster" }, [page.previous, page.counter, page.next]);
  root.replaceChildren(
    element("div", { class: "row" }, [
      page.play,
      page.time,
      page.waiting,
      page.sounds,
      element("div", { class: "cluster end" }, [page.loop, page.matched, page.help]),
    ]),
    page.error,
    page.stage,
    element("div", { class: "row" }, [
      page.stepper,
      page.chosen,
      element("div", { class: "cluster" }, [page.solo, page.clear, page.paint]),
      page.readout,
    ]),
    page.brushRow,
    element("div", { class: "row look" }, [
      page.views,
      page.scales,
      page.colours,
      element("div", { class: "cluster sliders" }, [page.opacity.label, page.range.label]),
      element("div", { class: "cluster end" }, [
        page.farther,
        page.closer,
        page.flatter,
        page.taller,
        page.whole,
      ]),
    ]),
    page.note,
    page.spoken,
    page.dialog,
  );
  return page;
}
