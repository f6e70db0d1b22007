// What makes the recording anomalous, in words above the picture; each is played by its button.

import { element } from "../shared/elements.js";
import { spokenBox } from "../shared/numbers.js";

/** A list of findings. */
export class Findings {
  /** @param {any} player */
  constructor(player) {
    this.player = player;
    this.items = [];
    this.ahead = []; // boxes still to be played, after the one that is chosen
    this.current = null; // the box that this list has chosen
  }

  /**
   * Take the findings of a recording, or of the part of it that is shown.
   *
   * @param {any} listed
   */
  take(listed) {
    const { player } = this;
    this.ahead = [];
    this.items = listed.list.map(({ sentence, details, boxes }, i) => {
      const places = boxes.map(({ start_s, end_s, low_hz, high_hz }) => ({
        ...{ start: start_s, end: end_s, low: low_hz, high: high_hz },
        region: null,
      }));
      const button = player.page.playButton(`Play finding ${i + 1}: ${sentence}`);
      const words = element("div", { class: "words" }, [element("span", { text: sentence })]);
      if (details) words.append(element("span", { class: "details", text: details }));
      player.on(button, "click", () => this.play(i));
      const show = (outlined) => () => {
        player.hoveredRegion = outlined;
        player.refresh();
      };
      const row = element("li", {}, [button, words]);
      player.on(row, "pointerenter", show(places));
      player.on(row, "pointerleave", show(null));
      player.on(button, "focus", show(places));
      player.on(button, "blur", show(null));
      return { row, button, places };
    });
    const { findings, findingsNote } = player.page;
    findings.replaceChildren(...this.items.map(({ row }) => row));
    findings.hidden = this.items.length === 0;
    findingsNote.textContent = listed.note;
    findingsNote.hidden = !listed.note;
    player.root.dataset.findings = String(this.items.length);
  }

  /**
   * Play a finding: only its boxes, one after the other.
   *
   * @param {number} index
   */
  play(index) {
    const [first, ...rest] = this.items[index].places;
    this.ahead = rest;
    this.playBox(first);
    this.player.navigation.reveal(first);
  }

  playBox(box) {
    const { engine, selection } = this.player;
    this.current = box;
    engine.pause();
    selection.choose(box, { solo: true, patient: true });
    if (engine.band) engine.play(box.start);
    this.player.announce(`Only ${spokenBox(box)}`);
  }

  /** Play what is still ahead, unless something else was chosen meanwhile; say whether there is any. */
  goOn() {
    const { selection } = this.player;
    if (selection.box !== this.current || !selection.solo) this.ahead = [];
    const next = this.ahead.shift();
    if (!next) return false;
    this.playBox(next);
    return true;
  }

  /** Mark the finding whose box is chosen. */
  describe() {
    const { box } = this.player.selection;
    for (const { button, places } of this.items) {
      button.setAttribute("aria-pressed", String(box !== null && places.includes(box)));
    }
  }
}
