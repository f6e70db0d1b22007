// Hands: pointer, wheel and keys become the player's actions.

import { WHOLE } from "./box.js";
import { COMMANDS, commandOf } from "./commands.js";
import { isLane } from "./selection.js";

const CLICK_PIXELS = 4;

/**
 * Listen to pointers on the plot: click, box, move and pinch.
 *
 * @param {HTMLElement} plot
 * @param {any} player
 */
export function listenToPointers(plot, player) {
  const { selection, navigation, painting } = player;
  const pointers = new Map();
  let drag = null;
  const on = (name, action, options = {}) => player.on(plot, name, action, options);
  const at = (event) => {
    const box = plot.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  on("pointerdown", (event) => {
    if (event.button > 1) return;
    plot.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(event));
    if (pointers.size === 2) {
      const [a, b] = [...pointers.values()];
      if (drag?.kind === "paint") painting.abandon();
      drag = { kind: "pinch", a, b };
      selection.drawBox(null);
      return;
    }
    const place = navigation.placeOf(at(event));
    drag = { kind: "press", from: place, last: place, start: at(event), moving: event.shiftKey };
    // With Alt, a drag that begins in the box draws another one.
    if (!event.altKey) drag.hold = selection.holdAt(place);
    if (event.button === 1) {
      drag.moving = true;
      event.preventDefault(); // no autoscroll
    }
    if (place.zone === "overview") {
      drag.kind = "overview";
      player.seek(place.seconds);
    } else if (!drag.moving && painting.takes(place)) {
      drag.kind = "paint";
      painting.begin(place);
    }
  });

  on("pointermove", (event) => {
    const point = at(event);
    player.hover(event.pointerType === "touch" ? null : navigation.placeOf(point));
    if (!drag || !pointers.has(event.pointerId)) return;
    const before = pointers.get(event.pointerId);
    pointers.set(event.pointerId, point);
    if (drag.kind === "pinch") {
      const [a, b] = [...pointers.values()];
      if (b) navigation.pinch(drag.a, drag.b, a, b);
      drag.a = a;
      drag.b = b ?? a;
      return;
    }
    if (drag.kind === "overview") return;
    if (drag.kind === "paint") {
      painting.move(navigation.placeOf(point, drag.from.panel));
      return;
    }
    if (drag.kind === "press") {
      const far = Math.hypot(point.x - drag.start.x, point.y - drag.start.y);
      if (far < CLICK_PIXELS) return;
      const { zone } = drag.from;
      if (drag.hold && !drag.moving) drag.kind = "edit";
      else drag.kind = drag.moving || zone === "frequency" || zone === "time" ? "move" : "box";
    }
    if (drag.kind === "move") {
      const { zone } = drag.from;
      const along = zone === "frequency" ? 0 : before.x - point.x;
      const up = zone === "time" || isLane(zone) ? 0 : point.y - before.y;
      navigation.moveBy(along, up);
    } else if (drag.kind === "edit") {
      selection.drawMoved({ ...drag, to: navigation.placeOf(point, drag.from.panel) });
    } else {
      selection.drawBox({ from: drag.from, to: navigation.placeOf(point, drag.from.panel) });
    }
  });

  on("pointerup", (event) => {
    if (!pointers.delete(event.pointerId) || !drag) return;
    const done = drag;
    if (done.kind === "pinch") {
      if (pointers.size === 0) drag = null;
      return;
    }
    drag = null;
    if (done.kind === "paint") painting.end(navigation.placeOf(at(event), done.from.panel));
    if (done.kind === "press" && done.from.zone !== "frequency") player.click(done.from);
    if (done.kind === "edit") selection.finishMoved({ ...done, to: navigation.placeOf(at(event), done.from.panel) });
    if (done.kind === "box") {
      selection.finishBox({ from: done.from, to: navigation.placeOf(at(event), done.from.panel) });
    }
  });
  on("pointercancel", (event) => {
    pointers.delete(event.pointerId);
    if (drag?.kind === "paint") painting.abandon();
    drag = null;
    selection.drawBox(null);
  });
  on("pointerleave", () => player.hover(null));
  on("dblclick", (event) => player.doubleClick(navigation.placeOf(at(event))));

  on(
    "wheel",
    (event) => {
      // A page must stay scrollable: the wheel is the plot's own after a click in it, or with Ctrl or Shift.
      const own = event.ctrlKey || event.shiftKey || plot.matches(":focus");
      // With Ctrl it never makes the page larger or smaller.
      if (event.ctrlKey) event.preventDefault();
      if (!own || (event.deltaY > 0 && !event.shiftKey && player.view.isWhole())) return;
      event.preventDefault();
      const place = navigation.placeOf(at(event));
      const unit = event.deltaMode === 1 ? 16 : 1;
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        navigation.moveBy((event.deltaX || event.deltaY) * unit, 0);
        return;
      }
      const factor = Math.exp(Math.min(Math.max(event.deltaY * unit, -200), 200) * 0.003);
      const inFrequency = event.altKey || place.zone === "frequency";
      navigation.zoomAt(place, inFrequency ? 1 : factor, inFrequency ? factor : 1);
    },
    { passive: false },
  );
}

// Where Space, and some of the letters, mean something already.
const LIST = 'select, [role="combobox"]';
const WRITING = 'textarea, [contenteditable]:not([contenteditable="false"]), [role="textbox"]';
const NOT_WRITING = new Set(["button", "checkbox", "color", "file", "image", "radio", "range", "reset", "submit"]);
const PRESSED = [
  'button, a[href], summary, input:not([type="range"])',
  ...["button", "checkbox", "radio", "switch", "tab", "option", "treeitem"].map((role) => `[role="${role}"]`),
  ...["menuitem", "menuitemcheckbox", "menuitemradio"].map((role) => `[role="${role}"]`),
].join(", ");
const OTHERS_OWN =
  'dialog, [role="dialog"], [role="menu"], [role="listbox"], [role="grid"], canvas, iframe, audio, video';
const MODAL = '[aria-modal="true"], dialog[open]';
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
// They scroll the page, where no part of it has the focus.
const SCROLLING = new Set(["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"]);

/**
 * Say whether an element needs Space itself. As in Audacity and YouTube, what is typed in does, and a
 * control that was reached with the keyboard; one that was clicked does not take Space from the player.
 *
 * @param {any} target
 * @param {boolean} wasClicked whether it has the focus from a click
 */
export function needsSpace(target, wasClicked) {
  // A list that was chosen from with the mouse is done with; one that is open is searched by typing.
  if (target.matches(LIST)) return !wasClicked || target.ariaExpanded === "true";
  if (target.tagName === "INPUT" && !NOT_WRITING.has(target.type)) return true;
  if (target.matches(WRITING) || target.closest(OTHERS_OWN)) return true;
  return !wasClicked && target.matches(PRESSED);
}

/**
 * Listen to keys: in the player to all, except where a control needs them itself; on the rest of the
 * page to Space; and where nothing has the focus, as when the page arrives, to all that do not scroll.
 *
 * @param {HTMLElement} root
 * @param {any} player
 */
export function listenToKeys(root, player) {
  const { selection } = player;
  const act = (event, command) => {
    const [name, amount] = command;
    // Streamlit has keys of its own, r and c among them.
    event.preventDefault();
    event.stopPropagation();
    if (event.key === " ") player.spaceIsDown = true;
    if (event.key !== " " || !event.repeat) COMMANDS[name](player, amount);
  };
  const elsewhere = { capture: true, signal: player.closing.signal };
  // Browsers call a clicked button :focus-visible as soon as a key is pressed, so that does not say it.
  let isPointing = false;
  let clicked = null;
  const note = (event) => {
    isPointing = event.type === "pointerdown";
  };
  for (const name of ["pointerdown", "keydown"]) player.on(document, name, note, elsewhere);
  const focused = (event) => {
    clicked = isPointing ? event.composedPath()[0] : null;
  };
  // A move of the focus within the player does not leave its shadow root.
  for (const target of [document, root]) player.on(target, "focusin", focused, elsewhere);
  player.on(player.page.handle, "keydown", (event) => {
    const [along, up] = ARROWS[event.key] ?? [];
    if (along === undefined || event.altKey || event.metaKey) return;
    const { shiftKey, ctrlKey } = event;
    // As in Audacity: with Shift the later edge, with Ctrl and Shift the earlier one.
    const hold = !shiftKey ? WHOLE : ctrlKey ? { start: true, low: true } : { end: true, high: true };
    event.preventDefault();
    event.stopPropagation();
    selection.nudge(hold, along, up);
  });
  player.on(root, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    const target = event.composedPath()[0];
    if (target.closest?.("dialog")) {
      event.stopPropagation();
      return;
    }
    const isRange = target.tagName === "INPUT";
    if (isRange && (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End")) {
      return;
    }
    // Space and Enter press a button that was reached with the keyboard; elsewhere Space plays.
    const isButton = target.tagName === "BUTTON";
    if (isButton && (event.key === "Enter" || (event.key === " " && needsSpace(target, target === clicked)))) {
      event.stopPropagation();
      return;
    }
    const command = commandOf(event);
    if (!command || (command[0] === "clear" && !player.selection.box)) return;
    act(event, command);
  });
  player.on(
    document,
    "keydown",
    (event) => {
      const [target] = event.composedPath();
      const { ctrlKey, metaKey, altKey, key } = event;
      if (ctrlKey || metaKey || event.defaultPrevented || event.composedPath().includes(root)) return;
      if (!player.view || !root.checkVisibility() || document.querySelector(MODAL)) return;
      const isFree = target === document.body || target === document.documentElement;
      const command = commandOf(event);
      if (!command || command[0] === "clear") return;
      if (key === " " ? needsSpace(target, target === clicked) : !isFree || altKey || SCROLLING.has(key)) return;
      act(event, command);
    },
    elsewhere,
  );
  // A button that was clicked would be pressed when Space comes up, in Firefox even so.
  const swallow = (event) => {
    if (event.key !== " " || !player.spaceIsDown) return;
    player.spaceIsDown = false;
    event.preventDefault();
  };
  player.on(document, "keyup", swallow, elsewhere);
}
