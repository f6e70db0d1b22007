// Elements of the page. Words from outside are set as text only.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element of HTML.
 *
 * @param {string} tag
 * @param {Record<string, any>} [options] its attributes, with its text as `text`
 * @param {(Node | string)[]} [children]
 * @returns {any} the element, of the type that the tag has
 */
export function element(tag, options = {}, children = []) {
  return filled(document.createElement(tag), options, children);
}

/**
 * Make an element of SVG.
 *
 * @param {string} tag
 * @param {Record<string, any>} [options] its attributes, with its text as `text`
 * @param {(Node | string)[]} [children]
 * @returns {any}
 */
export function drawn(tag, options = {}, children = []) {
  return filled(document.createElementNS(SVG, tag), options, children);
}

function filled(made, options, children) {
  const { text, ...attributes } = options;
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return setAttributes(made, attributes);
}

/**
 * Set attributes of an element.
 *
 * @param {Element} target
 * @param {Record<string, any>} attributes
 */
export function setAttributes(target, attributes) {
  for (const [name, value] of Object.entries(attributes)) target.setAttribute(name, value);
  return target;
}

/**
 * Set what a slider says of itself.
 *
 * @param {Element} target
 * @param {{ min: number, max: number, now: number, text: string }} value
 */
export function setSliderValue(target, { min, max, now, text }) {
  setAttributes(target, { "aria-valuemin": min, "aria-valuemax": max, "aria-valuenow": now, "aria-valuetext": text });
}

/**
 * Make an element for each key.
 *
 * @param {string[]} keys
 * @returns {HTMLElement[]}
 */
export function keycaps(keys) {
  return keys.map((text) => element("kbd", { text }));
}

/**
 * Offer choices in a list.
 *
 * @param {Element} list a select
 * @param {[unknown, string][]} choices value and text of each
 */
export function offer(list, choices) {
  list.replaceChildren(...choices.map(([value, text]) => element("option", { value, text })));
}

/**
 * Set a text only where it changes, so that nothing is drawn or spoken again.
 *
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
