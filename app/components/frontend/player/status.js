// What the page says of the player: words, states of the controls, attributes for screen readers.

import { setSliderValue, setText } from "../shared/elements.js";
import { clock, evidenceText, timeText, writtenBox } from "../shared/numbers.js";
import { EXPANSION } from "../shared/sound.js";
import { markChosen, setIcon } from "./page.js";

/**
 * Set the words and states of the controls.
 *
 * @param {any} player
 * @param {number} position of the playhead in seconds
 * @param {boolean} isPlaying
 */
export function describe(player, position, isPlaying) {
  const { page, engine, view, root, look, lengthSeconds, painting, selection } = player;
  const { box, draft } = selection;
  const { buttons } = page;
  const n = player.regions.length;
  const { isOn } = painting;
  const isEmpty = isOn && painting.mask.isEmpty();
  const pressed = { paint: isOn, loop: selection.looping, matched: engine.matched, pitch: engine.keepsPitch };
  const disabled = {
    ...{ addBox: !box, clear: !box, previous: n === 0, next: n === 0 },
    ...{ undo: painting.mask.undos.length === 0, wipe: isEmpty, whole: view.isWhole() },
    pitch: engine.speed === 1 || engine.speed === EXPANSION,
  };
  for (const [name, is] of Object.entries(pressed)) buttons[name].setAttribute("aria-pressed", String(is));
  for (const [name, is] of Object.entries(disabled)) buttons[name].disabled = is;
  const state = isPlaying ? "playing" : "paused";
  if (root.dataset.state !== state) {
    setIcon(buttons.play, isPlaying ? "pause" : "play");
    buttons.play.setAttribute("aria-label", isPlaying ? "Pause" : "Play");
  }
  Object.assign(root.dataset, {
    state,
    painting: isOn,
    playheadSeconds: position.toFixed(4),
    sound: player.sounds[engine.active].name,
    solo: selection.solo,
    looping: selection.looping,
    matched: engine.matched,
    speed: engine.speed,
    limited: engine.isLimited,
    region: box?.region ?? "",
    view: [view.start, view.end, view.low, view.high].map((value) => value.toFixed(3)).join(" "),
  });
  page.waiting.hidden = player.parts.asked === null;
  buttons.paint.hidden = !player.canPaint;
  page.brushRow.hidden = !isOn;
  setText(page.time, `${clock(position, 2, lengthSeconds >= 60)} / ${timeText(lengthSeconds, 2)}`);
  const count = box?.region != null ? `Region ${box.region + 1} of ${n}` : `${n} region${n === 1 ? "" : "s"}`;
  setText(page.counter, n ? count : "No region");
  setText(page.chosen, draft || box ? writtenBox(draft ?? box) : "Drag a box to hear only that");
  page.chosen.classList.toggle("hint", !(draft || box));
  setText(page.readout, readout(player));
  if (isOn) setText(page.painted, isEmpty ? "Nothing painted yet" : painting.shareText());
  player.findings.describe();
  markChosen(player.soundGroup, engine.active);
  page.speed.input.value = String(engine.speed);
  page.fft.input.value = String(look.fftSize);
  page.window.input.value = look.window;
  page.window.input.disabled = look.fftSize === 0;
  setSlider(page.gain, engine.gainDb, "dB", false);
  page.limited.hidden = !engine.isLimited;
  player.regionButtons.mark();
  markChosen(page.hearing, selection.solo ? "only" : "all");
  for (const item of page.hearing.children) item.disabled = !box;
  markChosen(page.views, look.view);
  markChosen(page.scales, look.scale);
  markChosen(page.colours, look.colours);
  markChosen(page.tools, painting.tool);
  setSlider(page.brushSize, painting.size, "px", painting.tool === "fill");
  setSlider(page.opacity, Math.round(look.opacity * 100), "%", look.view !== "both");
  setSlider(page.range, look.rangeDb, "dB", look.view === "map");
  // A button that pressed itself out of use would take the keys with it.
  const focused = root.getRootNode().activeElement;
  if (focused?.disabled && root.contains(focused)) page.plot.focus({ preventScroll: true });
  // Once a second is as often as a screen reader should say it.
  const spokenAt = isPlaying ? Math.floor(position) : Number(position.toFixed(2));
  const spoken = `${spokenAt} of ${lengthSeconds.toFixed(1)} seconds`;
  setSliderValue(page.plot, { min: 0, max: Number(lengthSeconds.toFixed(2)), now: spokenAt, text: spoken });
}

/** Time, frequency, level and evidence under the pointer. */
function readout(player) {
  const { hovered, view } = player;
  if (!hovered) return "";
  const { picture } = view;
  const { seconds, hz, zone } = hovered;
  const { map } = hovered.panel;
  const limit = (i, n) => Math.min(Math.max(Math.round(i), 0), n - 1);
  const column = limit(view.columnOf(seconds), picture.nTime);
  const time = timeText(seconds, 2);
  if (zone === "wave") {
    const { start, sampleRate, waveform } = player.sound();
    const width = (view.end - view.start) / hovered.panel.width;
    const [low, high] = waveform.between((seconds - start) * sampleRate, (seconds + width - start) * sampleRate);
    return `${time} · peak ${decibels(Math.max(-low, high, 1e-5))} dB of full scale`;
  }
  if (zone !== "picture") {
    const score = map.score[column];
    return `${time} · score ${Number(score.toPrecision(3))}, threshold ${Number(map.threshold.toPrecision(3))}`;
  }
  const cell = limit(view.rowOf(hz), picture.nFreq) * picture.nTime + column;
  const spectrum = player.spectrum();
  const level = levelAt(spectrum ?? picture, spectrum ?? view, seconds, hz);
  const shown = hz >= 1000 ? `${(hz / 1000).toFixed(2)} kHz` : `${hz.toFixed(0)} Hz`;
  const evidence = evidenceText(map.evidence[cell]);
  return `${time} · ${shown} · ${level.toFixed(0).replace("-", "−")} dB · evidence ${evidence}`;
}

/** The level in dB of the cell that a time and a frequency are in. */
function levelAt({ level, levelMinDb, levelMaxDb }, grid, seconds, hz) {
  const { nFreq, nTime } = grid.picture;
  const limit = (i, n) => Math.min(Math.max(Math.round(i), 0), n - 1);
  const step = level[limit(grid.rowOf(hz), nFreq) * nTime + limit(grid.columnOf(seconds), nTime)];
  return levelMinDb + ((levelMaxDb - levelMinDb) * step) / 255;
}

function decibels(amplitude) {
  return (20 * Math.log10(amplitude)).toFixed(1).replace("-", "−");
}

function setSlider({ input, value }, amount, unit, isDisabled) {
  input.value = String(amount);
  input.disabled = isDisabled;
  setText(value, `${amount} ${unit}`);
}
