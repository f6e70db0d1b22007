// Regions as buttons over the picture, so that the keyboard and a screen reader reach each.

import { element } from "../shared/elements.js";
import { spokenBox } from "../shared/numbers.js";
import { LAYOUT } from "./paint.js";

const MOST_ROWS = 3;
const MOST_BUTTONS = 200;

/** A button for each region. */
export class RegionButtons {
  /** @param {any} player */
  constructor(player) {
    this.player = player;
    this.buttons = [];
    this.nRows = 0;
  }

  /**
   * Make buttons of regions, in rows where they overlap.
   *
   * @param {any[]} regions strongest first
   */
  take(regions) {
    const { player } = this;
    // Rows are filled in the order of time, numbers and tab stops go by strength.
    const rows = [];
    const rowOf = new Map();
    const shown = regions.slice(0, MOST_BUTTONS);
    for (const region of [...shown].sort((a, b) => a.start - b.start)) {
      let row = rows.findIndex((end) => region.start >= end);
      if (row < 0) row = Math.min(rows.length, MOST_ROWS - 1);
      rows[row] = Math.max(rows[row] ?? 0, region.end);
      rowOf.set(region, row);
    }
    this.buttons = shown.map((region, i) => {
      const spoken = `Region ${i + 1} of ${regions.length}: ${spokenBox(region)}`;
      const options = { type: "button", class: "region", "aria-label": spoken, title: spoken };
      const made = element("button", options, [element("span", { text: String(i + 1) })]);
      player.on(made, "click", () => player.selection.chooseRegion(i));
      const show = (hovered) => () => {
        player.hoveredRegion = hovered;
        player.refresh();
      };
      for (const name of ["pointerenter", "focus"]) player.on(made, name, show(region));
      for (const name of ["pointerleave", "blur"]) player.on(made, name, show(null));
      return { made, region, row: rowOf.get(region) };
    });
    this.nRows = rows.length;
    player.page.regions.replaceChildren(...this.buttons.map(({ made }) => made));
  }

  /** Lay each button over its region, as the picture lies now. */
  lay() {
    const { layout, view } = this.player;
    const panel = layout.panels[0];
    for (const { made, region, row } of this.buttons) {
      const left = Math.max(0, view.xOf(region.start)) * panel.width;
      const right = Math.min(1, view.xOf(region.end)) * panel.width;
      made.hidden = region.end < view.start || region.start > view.end;
      // Wide enough to be hit, and never past the edge.
      const width = Math.min(Math.max(right - left, 22), panel.width);
      const at = Math.min(Math.max(left - Math.max(0, (22 - (right - left)) / 2), 0), panel.width - width);
      made.style.left = `${panel.x + at}px`;
      made.style.width = `${width}px`;
      made.style.top = `${layout.regions.y + row * LAYOUT.regionRow}px`;
    }
  }

  /** Mark the button of the chosen region. */
  mark() {
    const { box } = this.player.selection;
    for (const { made, region } of this.buttons) {
      const isPressed = String(box?.region === region.region);
      if (made.getAttribute("aria-pressed") !== isPressed) made.setAttribute("aria-pressed", isPressed);
    }
  }
}
