// What the page says of the player: words, states of the controls, attributes for screen readers.

import { clock, writtenBox } from "./axes.js";
import { markChosen, setIcon } from "./page.js";

/** The words and states of the controls. */
export function describe(player, position, isPlaying) {
  const { page, engine, view, root, look } = player;
  const { lengthSeconds, painting, selection } = player;
  const { box, draft } = selection;
  const focused = root.getRootNode().activeElement;
  const setText = (target, text) => {
    if (target.textContent !== text) target.textContent = text;
  };
  setText(page.time, `${clock(position, 2)} / ${clock(lengthSeconds, 2)} s`);
  page.waiting.hidden = player.parts.asked == null;
  page.paint.hidden = !player.canPaint;
  page.paint.setAttribute("aria-pressed", String(painting.isOn));
  page.brushRow.hidden = !painting.isOn;
  markChosen(page.tools, painting.tool);
  setSlider(page.brushSize.input, painting.size);
  page.brushSize.input.disabled = painting.tool === "fill";
  setText(page.brushSize.value, `${painting.size} px`);
  page.addBox.disabled = !box;
  page.undo.disabled = painting.mask.undos.length === 0;
  if (painting.isOn) {
    page.wipe.disabled = painting.mask.isEmpty();
    setText(page.painted, painting.mask.isEmpty() ? "Nothing painted yet" : painting.shareText());
  }
  root.dataset.painting = String(painting.isOn);
  if (root.dataset.state !== (isPlaying ? "playing" : "paused")) {
    root.dataset.state = isPlaying ? "playing" : "paused";
    setIcon(page.play, isPlaying ? "pause" : "play");
    page.play.setAttribute("aria-label", isPlaying ? "Pause" : "Play");
  }
  root.dataset.playheadSeconds = position.toFixed(4);
  root.dataset.sound = player.names[engine.active];
  root.dataset.solo = String(selection.solo);
  root.dataset.looping = String(selection.looping);
  root.dataset.matched = String(engine.matched);
  root.dataset.region = box?.region ?? "";
  root.dataset.view = [view.start, view.end, view.low, view.high].map((v) => v.toFixed(3)).join(" ");
  page.loop.setAttribute("aria-pressed", String(selection.looping));
  page.matched.setAttribute("aria-pressed", String(engine.matched));
  page.solo.setAttribute("aria-pressed", String(selection.solo));
  page.solo.disabled = !box;
  page.clear.disabled = !box;
  const n = player.regions.length;
  page.previous.disabled = page.next.disabled = n === 0;
  const place = box?.region != null ? `Region ${box.region + 1} of ${n}` : `${n} region${n === 1 ? "" : "s"}`;
  setText(page.counter, n ? place : "No region");
  setText(page.chosen, draft || box ? writtenBox(draft ?? box) : "Drag a box to hear only that");
  page.chosen.classList.toggle("hint", !(draft || box));
  setText(page.readout, readout(player));
  if (player.soundGroup) markChosen(player.soundGroup, engine.active);
  markChosen(page.views, look.view);
  markChosen(page.scales, view.scale);
  markChosen(page.colours, look.colours);
  setSlider(page.opacity.input, Math.round(look.opacity * 100));
  page.opacity.input.disabled = look.view === "sound" || look.view === "map" || look.view === "side";
  setText(page.opacity.value, `${Math.round(look.opacity * 100)} %`);
  setSlider(page.range.input, look.rangeDb);
  page.range.input.disabled = look.view === "map";
  setText(page.range.value, `${look.rangeDb} dB`);
  page.whole.disabled = view.isWhole();
  // A button that pressed itself out of use would take the keys with it.
  if (focused?.disabled && root.contains(focused)) page.plot.focus({ preventScroll: true });
  // Once a second is as often as a screen reader should hear of it.
  const spokenAt = isPlaying ? Math.floor(position) : Number(position.toFixed(2));
  page.plot.setAttribute("aria-valuemin", "0");
  page.plot.setAttribute("aria-valuemax", lengthSeconds.toFixed(2));
  page.plot.setAttribute("aria-valuenow", String(spokenAt));
  page.plot.setAttribute("aria-valuetext", `${spokenAt} of ${lengthSeconds.toFixed(1)} seconds`);
}

/** Time, frequency, level and evidence under the pointer. */
function readout({ hovered, view }) {
  if (!hovered) return "";
  const { picture } = view;
  const { seconds, hz, zone } = hovered;
  const { map } = hovered.panel;
  const limit = (i, n) => Math.min(Math.max(Math.round(i), 0), n - 1);
  const column = limit(view.columnOf(seconds), picture.nTime);
  const time = `${clock(seconds, 2)} s`;
  if (zone !== "picture") {
    const score = map.score[column];
    return `${time} · score ${Number(score.toPrecision(3))}, threshold ${Number(map.threshold.toPrecision(3))}`;
  }
  const cell = limit(view.rowOf(hz), picture.nFreq) * picture.nTime + column;
  const span = picture.levelMaxDb - picture.levelMinDb;
  const level = picture.levelMinDb + (span * picture.level[cell]) / 255;
  const shown = hz >= 1000 ? `${(hz / 1000).toFixed(2)} kHz` : `${hz.toFixed(0)} Hz`;
  const evidence = Math.round((100 * map.probability[cell]) / 255);
  return `${time} · ${shown} · ${level.toFixed(0).replace("-", "−")} dB · evidence ${evidence} %`;
}

function setSlider(input, value) {
  input.value = String(value);
  // The filled part of the track is drawn by the style sheet.
  const share = (value - Number(input.min)) / (Number(input.max) - Number(input.min));
  input.style.setProperty("--filled", `${Math.round(100 * share)}%`);
}
