// What every component is: an object that is kept through reruns of the page.

import { element } from "./elements.js";

/** A component on the page: its root, its errors, what it says aloud, its timers. */
export class Component {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.error = element("p", { class: "error", role: "alert", hidden: "" });
    this.spoken = element("div", { class: "spoken", role: "status", "aria-live": "polite" });
    this.timers = new Map();
    this.observers = [];
    this.closing = new AbortController(); // ends what listens outside the component
    /** @type {(name: string, value: any) => void} */
    this.setStateValue = () => {};
    /** @type {(name: string, value: any) => void} */
    this.setTriggerValue = () => {};
  }

  /**
   * Take what Python sends.
   *
   * @param {any} _data
   */
  update(_data) {}

  /**
   * Wrap an action so that an error in it becomes one sentence on the page instead of silence.
   *
   * @param {(...given: any[]) => any} action
   * @returns {(...given: any[]) => any}
   */
  guarded(action) {
    return (...given) => {
      try {
        return action(...given);
      } catch (error) {
        this.fail(error);
        return undefined;
      }
    };
  }

  /**
   * Show an error.
   *
   * @param {unknown} error
   */
  fail(error) {
    this.error.textContent = error instanceof Error ? error.message : String(error);
    this.error.hidden = false;
  }

  /**
   * Listen to an event.
   *
   * @param {EventTarget} target
   * @param {string} name
   * @param {(event: any) => any} action
   * @param {AddEventListenerOptions} [options]
   */
  on(target, name, action, options) {
    target.addEventListener(name, this.guarded(action), options);
  }

  /**
   * Call an action whenever an element changes its size.
   *
   * @param {Element} target
   * @param {() => void} action
   */
  onResize(target, action) {
    const observer = new ResizeObserver(this.guarded(action));
    observer.observe(target);
    this.observers.push(observer);
  }

  /**
   * Do something later, once: a second call of one name takes the place of the first.
   *
   * @param {string} name
   * @param {number} milliseconds
   * @param {() => void} action
   */
  later(name, milliseconds, action) {
    this.cancel(name);
    const act = this.guarded(() => {
      this.timers.delete(name);
      action();
    });
    this.timers.set(name, setTimeout(act, milliseconds));
  }

  /**
   * Do not do what was left for later.
   *
   * @param {string} name
   */
  cancel(name) {
    clearTimeout(this.timers.get(name));
    this.timers.delete(name);
  }

  /**
   * Say something to a screen reader.
   *
   * @param {string} words
   */
  announce(words) {
    this.spoken.textContent = words;
  }

  /** Stop everything: the component leaves the page. */
  close() {
    this.closing.abort();
    for (const observer of this.observers) observer.disconnect();
    for (const name of [...this.timers.keys()]) this.cancel(name);
  }
}

/**
 * Make the function that Streamlit calls at first and on every rerun that touches the data.
 *
 * @param {string} selector of the component's root
 * @param {new (root: HTMLElement) => Component} Kind
 */
export function mounting(selector, Kind) {
  const components = new WeakMap();
  return ({ parentElement, data, setStateValue, setTriggerValue }) => {
    const root = parentElement.querySelector(selector);
    if (!root) return undefined;
    if (!components.has(root)) components.set(root, new Kind(root));
    const component = components.get(root);
    Object.assign(component, { setStateValue, setTriggerValue });
    component.guarded(() => component.update(data))();
    return () => {
      components.get(root)?.close();
      components.delete(root);
    };
  };
}
