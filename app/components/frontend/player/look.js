// How the picture looks: the view, its colours, how strong the heat is, the range, the scale.

import { COLOUR_MAPS } from "../shared/colours.js";
import { fittingRangeDb } from "./paint.js";
import { preferences } from "./preferences.js";

export const VIEWS = [
  ["both", "Both", "Sound with the evidence over it"],
  ["sound", "Sound", "The sound alone"],
  ["map", "Map", "The evidence alone"],
  ["side", "Side by side", "Sound and evidence beside each other"],
];
export const SCALES = [
  ["mel", "Mel", "Mel frequency scale"],
  ["log", "Log", "Logarithmic frequency scale"],
  ["linear", "Linear", "Linear frequency scale"],
];
/** @type {[number, string][]} */
export const FFT_SIZES = [
  [0, "as the model"],
  ...[256, 512, 1024, 2048, 4096, 8192].map((size) => /** @type {[number, string]} */ ([size, String(size)])),
];
const CHOICES = { view: VIEWS, scale: SCALES, colours: COLOUR_MAPS };

/** How the picture looks. */
export class Look {
  /** @param {any} player */
  constructor(player) {
    this.player = player;
    this.view = preferences.view;
    this.colours = preferences.colours;
    this.scale = preferences.scale;
    this.opacity = preferences.opacity;
    this.rangeDb = 70;
    this.fftSize = preferences.fftSize;
    this.window = preferences.window;
  }

  /**
   * Set the view, the frequency scale or the colour map.
   *
   * @param {"view" | "scale" | "colours"} name
   * @param {string} value
   */
  set(name, value) {
    this[name] = preferences[name] = value;
    if (name === "scale") this.player.view.setScale(value);
    this.player.refresh(true);
  }

  /**
   * Set the next one of them, and say which.
   *
   * @param {"view" | "scale" | "colours"} name
   */
  next(name) {
    const choices = CHOICES[name];
    const place = choices.findIndex(([value]) => value === this[name]);
    const [value, , title] = choices[(place + 1) % choices.length];
    this.set(name, value);
    this.player.announce(title);
  }

  /**
   * Set how strong the heat is.
   *
   * @param {number} opacity in 0..1
   */
  setOpacity(opacity) {
    this.opacity = preferences.opacity = Math.round(Math.min(Math.max(opacity, 0), 1) * 20) / 20;
    this.player.refresh(true);
  }

  /**
   * Set the transform that the picture is made with.
   *
   * @param {number} fftSize 0 shows what the model is given
   * @param {string} window
   */
  setTransform(fftSize, window) {
    this.fftSize = preferences.fftSize = fftSize;
    this.window = preferences.window = window;
    this.player.refresh(true);
  }

  /** Take the next size of the transform, and say it. */
  nextFftSize() {
    const sizes = FFT_SIZES.map(([size]) => size);
    const size = sizes[(sizes.indexOf(this.fftSize) + 1) % sizes.length];
    this.setTransform(size, this.window);
    this.player.announce(size ? `FFT size ${size}` : "The picture that the model is given");
  }

  /**
   * Take another recording's picture: its range fits it, unless somebody has set one.
   *
   * @param {any} picture
   */
  takePicture(picture) {
    this.rangeDb = preferences.rangeDb ?? fittingRangeDb(picture);
  }

  /**
   * Set how far below the loudest the picture reaches.
   *
   * @param {number} rangeDb
   */
  setRange(rangeDb) {
    this.rangeDb = preferences.rangeDb = Math.min(Math.max(rangeDb, 20), 120);
    this.player.refresh(true);
  }
}
