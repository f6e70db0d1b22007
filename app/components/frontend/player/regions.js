// Regions as buttons over the picture, so that the keyboard and a screen reader reach each.

import { spokenBox } from "./axes.js";
import { element } from "./page.js";
import { LAYOUT } from "./paint.js";

const MOST_ROWS = 3;
const MOST_BUTTONS = 200;

export class RegionButtons {
  constructor(player) {
    this.player = player;
    this.buttons = [];
    this.nRows = 0;
  }

  /** Buttons of these regions, strongest first, in rows where they overlap. */
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
      const made = element("button", { type: "button", class: "region" }, [
        element("span", { text: String(i + 1) }),
      ]);
      const spoken = `Region ${i + 1} of ${regions.length}: ${spokenBox(region)}`;
      made.setAttribute("aria-label", spoken);
      made.title = spoken;
      made.addEventListener("click", player.guarded(() => player.selection.chooseRegion(i)));
      const show = (isOver) => () => {
        player.hoveredRegion = isOver ? region : null;
        player.refresh();
      };
      made.addEventListener("pointerenter", show(true));
      made.addEventListener("pointerleave", show(false));
      made.addEventListener("focus", show(true));
      made.addEventListener("blur", show(false));
      return { made, region, row: rowOf.get(region) };
    });
    this.nRows = rows.length;
    player.page.regions.replaceChildren(...this.buttons.map(({ made }) => made));
  }

  /** Each button over its region, as the picture lies now. */
  lay() {
    const { layout, view, selection } = this.player;
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
      made.setAttribute("aria-pressed", String(selection.box?.region === region.region));
    }
  }
}
