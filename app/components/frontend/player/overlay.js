// What moves over the picture: boxes, the painted mask, the playhead.

import { clipped, line, overviewOf, pen } from "./paint.js";

/**
 * Paint the box, the mask, hovered and chosen regions, the playhead.
 *
 * @param {CanvasRenderingContext2D} ctx
 * @param {any} layout
 * @param {import("./view.js").View} view
 * @param {any} colours of the page
 * @param {number} ratio device pixels a CSS pixel
 * @param {any} shown
 */
export function paintOverlay(ctx, layout, view, colours, ratio, shown) {
  const { playhead, box, solo, outline, hover, painted, brush, lengthSeconds } = shown;
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, layout.width, layout.height);
  for (const panel of [...layout.panels, ...layout.others]) {
    const bottom = panel.axis.y;
    const place = (b) => {
      const x = panel.x + view.xOf(b.start) * panel.width;
      const right = panel.x + view.xOf(b.end) * panel.width;
      const y = panel.y + Math.max(0, view.yOf(b.high)) * panel.height;
      const foot = panel.y + Math.min(1, view.yOf(b.low)) * panel.height;
      return [x, y, right - x, Math.max(0, foot - y)];
    };
    clipped(ctx, [panel.x, 0, panel.width, layout.height], () => {
      if (!painted.isEmpty()) paintMask(ctx, panel, painted, place, colours);
      if (brush && hover.panel === panel && brush.tool !== "fill") {
        ctx.beginPath();
        ctx.arc(panel.x + hover.x * panel.width, panel.y + hover.y * panel.height, brush.size, 0, 7);
        pen(ctx, colours.text).stroke();
      }
      if (box) {
        const [x, y, w, h] = place(box);
        if (solo) {
          // What is not played steps back.
          const hole = new Path2D();
          hole.rect(panel.x, panel.y, panel.width, panel.height);
          hole.rect(x, y, w, h);
          ctx.fillStyle = colours.veil;
          ctx.fill(hole, "evenodd");
        }
        ctx.fillStyle = colours.selectionSoft;
        for (const lane of [panel.wave, panel.score]) if (lane) ctx.fillRect(x, lane.y, w, lane.height);
        pen(ctx, colours.halo, 3.5).strokeRect(x, y, w, h);
        pen(ctx, colours.selection, 1.75).strokeRect(x, y, w, h);
      }
      for (const outlined of [outline ?? []].flat()) {
        if (outlined === box) continue;
        const [x, y, w, h] = place(outlined);
        pen(ctx, colours.halo, 3.5).strokeRect(x, y, w, h);
        ctx.setLineDash([4, 3]);
        pen(ctx, colours.contour, 1.5).strokeRect(x, y, w, h);
        ctx.setLineDash([]);
      }
      if (hover) {
        const x = panel.x + view.xOf(hover.seconds) * panel.width;
        line(pen(ctx, colours.line), x, panel.y, x, bottom);
      }
    });
    const x = panel.x + view.xOf(playhead) * panel.width;
    if (x >= panel.x - 1 && x <= panel.x + panel.width + 1) {
      line(pen(ctx, colours.halo, 4), x, panel.y, x, bottom);
      line(pen(ctx, colours.text, 1.5), x, panel.y - 2, x, bottom);
      // Below, titles stand where the handle would be.
      if (layout.others.includes(panel)) continue;
      ctx.fillStyle = colours.text;
      ctx.beginPath();
      ctx.moveTo(x - 5, panel.y - 9);
      ctx.lineTo(x + 5, panel.y - 9);
      ctx.lineTo(x, panel.y - 1);
      ctx.fill();
    }
  }
  if (layout.overview) {
    const { x, width } = overviewOf(layout);
    const at = x + (playhead / lengthSeconds) * width;
    const { y, height } = layout.overview;
    line(pen(ctx, colours.text, 1.5), at, y, at, y + height);
  }
}

/** What is painted, as one shape, so that no seam shows where its boxes meet. */
function paintMask(ctx, panel, painted, place, colours) {
  painted.shape ??= painted.all();
  const shape = new Path2D();
  for (const box of painted.shape) {
    const [x, y, w, h] = place(box);
    shape.rect(Math.floor(x), Math.floor(y), Math.ceil(x + w) - Math.floor(x), Math.ceil(y + h) - Math.floor(y));
  }
  ctx.fillStyle = colours.painted;
  clipped(ctx, [panel.x, panel.y, panel.width, panel.height], () => ctx.fill(shape));
}
