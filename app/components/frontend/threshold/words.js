// Numbers and sentences. Words from outside are set as text only.

const SVG = "http://www.w3.org/2000/svg";

/** An element; `options` are its attributes, with text and class among them. */
export function element(tag, options = {}, children = []) {
  return filled(document.createElement(tag), options, children);
}

export function drawn(tag, options = {}, children = []) {
  return filled(document.createElementNS(SVG, tag), options, children);
}

function filled(made, options, children) {
  for (const [name, value] of Object.entries(options)) {
    if (name === "text") made.textContent = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** At most three digits, thousands parted, no scientific notation. */
export function number(value, digits = 3) {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

export function percent(share) {
  const value = 100 * share;
  if (value >= 10) return `${Math.round(value)}\u00a0%`;
  return `${Number(value.toPrecision(2))}\u00a0%`;
}

export function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** A number of times a day, or in how many days once. */
export function perDay(times) {
  if (times >= 0.95) return `about ${number(times, 2)} false alarm${Math.round(times) === 1 ? "" : "s"} a day`;
  const days = 1 / times;
  if (days < 60) return `about one false alarm in ${number(days, 2)} days`;
  if (days < 730) return `about one false alarm in ${number(days / 30.4, 2)} months`;
  return `about one false alarm in ${number(days / 365, 2)} years`;
}
