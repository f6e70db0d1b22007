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
