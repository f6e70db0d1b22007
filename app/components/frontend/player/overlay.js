// What moves over the picture: boxes, the painted mask, the playhead.

import { line, overviewOf } from "./paint.js";

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
    ctx.save();
    ctx.beginPath();
    ctx.rect(panel.x, 0, panel.width, layout.height);
    ctx.clip();
    const place = (b) => {
      const x = panel.x + view.xOf(b.start) * panel.width;
      const right = panel.x + view.xOf(b.end) * panel.width;
      const y = panel.y + Math.max(0, view.yOf(b.high)) * panel.height;
      const foot = panel.y + Math.min(1, view.yOf(b.low)) * panel.height;
      return [x, y, right - x, Math.max(0, foot - y)];
    };
    if (!painted.isEmpty()) paintMask(ctx, panel, painted, place, colours);
    if (brush && hover.panel === panel && brush.tool !== "fill") {
      ctx.strokeStyle = colours.text;
      ctx.lineWidth = 1;
      ctx.beginPath();
      ctx.arc(panel.x + hover.x * panel.width, panel.y + hover.y * panel.height, brush.size, 0, 7);
      ctx.stroke();
    }
    if (box) {
      const [x, y, w, h] = place(box);
      if (solo) {
        // What is not played steps back.
        ctx.fillStyle = colours.veil;
        const hole = new Path2D();
        hole.rect(panel.x, panel.y, panel.width, panel.height);
        hole.rect(x, y, w, h);
        ctx.fill(hole, "evenodd");
      }
      ctx.fillStyle = colours.selectionSoft;
      ctx.fillRect(x, panel.score.y, w, panel.score.height);
      frameBox(ctx, place(box), colours.halo, 3.5);
      frameBox(ctx, place(box), colours.selection, 1.75);
    }
    if (outline && outline !== box) {
      frameBox(ctx, place(outline), colours.halo, 3.5);
      ctx.setLineDash([4, 3]);
      frameBox(ctx, place(outline), colours.contour, 1.5);
      ctx.setLineDash([]);
    }
    if (hover) {
      ctx.strokeStyle = colours.line;
      ctx.lineWidth = 1;
      const x = panel.x + view.xOf(hover.seconds) * panel.width;
      line(ctx, x, panel.y, x, bottom);
    }
    ctx.restore();
    const x = panel.x + view.xOf(playhead) * panel.width;
    if (x >= panel.x - 1 && x <= panel.x + panel.width + 1) {
      ctx.strokeStyle = colours.halo;
      ctx.lineWidth = 4;
      line(ctx, x, panel.y, x, bottom);
      ctx.strokeStyle = colours.text;
      ctx.lineWidth = 1.5;
      line(ctx, x, panel.y - 2, x, bottom);
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
    ctx.strokeStyle = colours.text;
    ctx.lineWidth = 1.5;
    line(ctx, at, layout.overview.y, at, layout.overview.y + layout.overview.height);
  }
}

function frameBox(ctx, sides, colour, width) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.strokeRect(...sides);
}

/** What is painted, as one shape, so that no seam shows where its boxes meet. */
function paintMask(ctx, panel, painted, place, colours) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(panel.x, panel.y, panel.width, panel.height);
  ctx.clip();
  painted.shape ??= painted.all();
  ctx.beginPath();
  for (const box of painted.shape) {
    const [x, y, w, h] = place(box);
    ctx.rect(Math.floor(x), Math.floor(y), Math.ceil(x + w) - Math.floor(x), Math.ceil(y + h) - Math.floor(y));
  }
  ctx.fillStyle = colours.painted;
  ctx.fill();
  ctx.restore();
}
