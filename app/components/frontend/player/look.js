// How the picture looks: the view, its colours, how strong the heat is, the range, the scale.

import { COLOUR_MAPS } from "./colours.js";
import { SCALES, VIEWS } from "./page.js";
import { preferences } from "./preferences.js";

export class Look {
  constructor(player) {
    this.player = player;
    this.view = preferences.view;
    this.colours = preferences.colours;
    this.opacity = preferences.opacity;
    this.rangeDb = 70;
  }

  setView(view) {
    this.view = preferences.view = view;
    this.player.refresh(true);
  }

  nextView() {
    const names = VIEWS.map(([name]) => name);
    this.setView(names[(names.indexOf(this.view) + 1) % names.length]);
    this.player.say(`View: ${VIEWS[names.indexOf(this.view)][2]}`);
  }

  setColours(name) {
    this.colours = preferences.colours = name;
    this.player.refresh(true);
  }

  nextColours() {
    const names = COLOUR_MAPS.map(([name]) => name);
    this.setColours(names[(names.indexOf(this.colours) + 1) % names.length]);
    this.player.say(`Colours: ${COLOUR_MAPS[names.indexOf(this.colours)][1]}`);
  }

  setScale(scale) {
    preferences.scale = scale;
    this.player.view.setScale(scale);
    this.player.refresh(true);
  }

  nextScale() {
    const { view } = this.player;
    const names = SCALES.map(([name]) => name);
    this.setScale(names[(names.indexOf(view.scale) + 1) % names.length]);
    this.player.say(`${view.scale} frequency scale`);
  }

  setOpacity(opacity) {
    this.opacity = preferences.opacity = Math.round(Math.min(Math.max(opacity, 0), 1) * 20) / 20;
    this.player.refresh(true);
  }

  setRange(rangeDb) {
    this.rangeDb = Math.min(Math.max(rangeDb, 20), 120);
    this.player.refresh(true);
  }
}
