// Colours: the page's own, and the maps from evidence to colour. Never a rainbow.

// Ten steps of cividis (Nunez, Anderton, Renslow 2018), alike to all kinds of colour vision.
const CIVIDIS = [
  [0, 34, 78],
  [18, 53, 112],
  [59, 73, 108],
  [87, 93, 109],
  [112, 113, 115],
  [138, 134, 120],
  [165, 156, 116],
  [195, 179, 105],
  [225, 204, 85],
  [254, 232, 56],
];

export const COLOUR_MAPS = [
  ["orange", "Orange", "One hue, stronger where there is more evidence"],
  ["cividis", "Cividis", "Blue to yellow, for every kind of colour vision"],
  ["grey", "Grey", "No colour: the sound steps back where there is no evidence"],
];

/**
 * Make a table of the 256 steps of evidence: red, green, blue, and how far it covers what lies below.
 *
 * @param {string} name of the colour map
 * @param {any} colours of the page
 * @returns {Float32Array} [256 * 4]
 */
export function heatTable(name, colours) {
  const table = new Float32Array(256 * 4);
  for (let step = 0; step < 256; step++) {
    const share = step / 255;
    let rgb = colours.heat;
    let alpha = share;
    if (name === "cividis") {
      const at = share * (CIVIDIS.length - 1);
      const low = Math.min(Math.floor(at), CIVIDIS.length - 2);
      rgb = CIVIDIS[low].map((c, k) => c + (at - low) * (CIVIDIS[low + 1][k] - c));
    } else if (name === "grey") {
      rgb = colours.quiet;
      alpha = 1 - share;
    }
    table.set([...rgb, alpha], 4 * step);
  }
  return table;
}

/**
 * Make such a table where nothing lies below: the evidence alone.
 *
 * @param {string} name of the colour map
 * @param {any} colours of the page
 * @returns {Float32Array} [256 * 4]
 */
export function mapTable(name, colours) {
  const table = heatTable(name, colours);
  for (let step = 0; step < 256; step++) {
    if (name === "cividis") table[4 * step + 3] = 1;
    if (name === "grey") table.set([...colours.loud, step / 255], 4 * step);
  }
  return table;
}

/**
 * Make a table of the 256 steps of level: red, green, blue.
 *
 * @param {any} colours of the page
 * @param {number} [reach] the share of the steps, from the loudest down, that is more than paper
 * @returns {Uint8Array} [256 * 3]
 */
export function inkTable({ quiet, loud }, reach = 1) {
  const table = new Uint8Array(256 * 3);
  for (let step = 0; step < 256; step++) {
    const ink = Math.min(Math.max(1 - (1 - step / 255) / reach, 0), 1);
    for (let c = 0; c < 3; c++) table[3 * step + c] = quiet[c] + ink * (loud[c] - quiet[c]);
  }
  return table;
}

/**
 * Fill a picture with grey sound and the evidence over it, or with one of the two.
 *
 * @param {ImageData} image as large as the layers
 * @param {ArrayLike<number> | null} level in 0..255
 * @param {ArrayLike<number> | null} evidence in 0..255
 * @param {any} colours of the page
 * @param {{ ink: Uint8Array, heat: Float32Array, strength: number }} tables and how strong the heat is
 */
export function blend(image, level, evidence, colours, { ink, heat, strength }) {
  const pixels = image.data;
  for (let i = 0, p = 0; p < pixels.length; i++, p += 4) {
    const step = level ? 3 * Math.round(level[i]) : -1;
    const warm = evidence ? 4 * Math.round(evidence[i]) : -1;
    const alpha = evidence ? heat[warm + 3] * strength : 0;
    for (let c = 0; c < 3; c++) {
      const grey = level ? ink[step + c] : colours.quiet[c];
      pixels[p + c] = evidence ? grey + alpha * (heat[warm + c] - grey) : grey;
    }
    pixels[p + 3] = 255;
  }
}

/** "#14191b" or "rgb(20, 25, 27)" as three numbers. */
function rgbOf(text, otherwise) {
  const hex = /^#([0-9a-f]{6})/i.exec(text.trim());
  if (hex) return [0, 2, 4].map((i) => parseInt(hex[1].slice(i, i + 2), 16));
  const numbers = text.match(/[\d.]+/g);
  return numbers && numbers.length >= 3 ? numbers.slice(0, 3).map(Number) : otherwise;
}

/**
 * Read the page's own colours, light or dark, and make from them what the components draw with.
 *
 * @param {HTMLElement} root which is told the theme
 */
export function readColours(root) {
  const style = getComputedStyle(root);
  const read = (name) => style.getPropertyValue(`--st-${name}`);
  const rgb = (name, otherwise) => rgbOf(read(name), otherwise);
  const paper = rgb("background-color", [255, 255, 255]);
  const text = rgb("text-color", [28, 36, 38]);
  const isDark = 0.3 * paper[0] + 0.6 * paper[1] + 0.1 * paper[2] < 128;
  root.dataset.theme = isDark ? "dark" : "light";
  const mixed = (share) => paper.map((p, c) => Math.round(p + share * (text[c] - p)));
  const css = (rgb, alpha = 1) => `rgba(${rgb.join(", ")}, ${alpha})`;
  return {
    isDark,
    heat: rgbOf(style.getPropertyValue("--heat"), [217, 72, 15]),
    quiet: isDark ? mixed(0.03) : mixed(0.02),
    loud: isDark ? mixed(0.92) : mixed(0.88),
    text: css(text),
    muted: css(mixed(0.72)),
    line: css(mixed(0.3)),
    lane: css(mixed(0.045)),
    halo: css(paper, 0.75),
    veil: css(paper, 0.62),
    contour: isDark ? "#ff9a66" : "#a83409",
    heatSoft: isDark ? "rgba(255, 120, 60, 0.5)" : "rgba(217, 72, 15, 0.4)",
    selection: read("primary-color").trim() || css(text),
    painted: css(rgb("primary-color", text), isDark ? 0.6 : 0.5),
    selectionSoft: css(rgb("primary-color", text), 0.16),
    font: read("font").trim() || "sans-serif",
  };
}
