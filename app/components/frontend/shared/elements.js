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
  for (const [name, value] of Object.entries(options)) {
    if (name === "text") made.textContent = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
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
