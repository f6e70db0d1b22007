// A glance as a picture: grey sound, one hue for the evidence, a box round the strongest region.

const HEAT = [217, 72, 15];

/** Paints a glance into a canvas of so many CSS pixels, low frequencies at the bottom. */
export function paintGlance(canvas, glance, width, height, isDark) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  const { n_freq: nFreq, n_time: nTime } = glance;
  if (!nFreq || !nTime) return;
  const small = new OffscreenCanvas(nTime, nFreq);
  const image = new ImageData(nTime, nFreq);
  for (let row = 0; row < nFreq; row++) {
    for (let column = 0; column < nTime; column++) {
      const from = row * nTime + column;
      const to = 4 * ((nFreq - 1 - row) * nTime + column);
      const ink = glance.level[from] / 255;
      const grey = isDark ? 22 + 205 * ink : 250 - 215 * ink;
      const alpha = 0.85 * (glance.heat[from] / 255);
      for (let c = 0; c < 3; c++) image.data[to + c] = grey + alpha * (HEAT[c] - grey);
      image.data[to + 3] = 255;
    }
  }
  small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingQuality = "high";
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
  if (!glance.strongest) return;
  const [start, end, low, high] = glance.strongest;
  const x = (seconds) => ((seconds - glance.start_s) / (glance.end_s - glance.start_s)) * canvas.width;
  const y = (share) => (1 - share) * canvas.height;
  context.strokeStyle = isDark ? "#ff9a66" : "#a83409";
  context.lineWidth = 1.5 * ratio;
  context.strokeRect(x(start), y(high), Math.max(x(end) - x(start), 3), Math.max(y(low) - y(high), 3));
}
