// How the sound is played: its speed with or without its pitch, and how loud.

import { offer } from "../shared/elements.js";
import { EXPANSION } from "../shared/sound.js";
import { preferences } from "./preferences.js";

const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2];
// From here on a sound holds what nobody hears unless it is slowed down.
const ULTRASOUND_RATE = 64_000;
export const GAIN = { min: -20, max: 40, step: 1 };

/**
 * List the speeds that make sense for sounds.
 *
 * @param {{ sampleRate: number }[]} sounds
 * @returns {number[]} rising
 */
export function speedsFor(sounds) {
  const hasUltrasound = sounds.some(({ sampleRate }) => sampleRate > ULTRASOUND_RATE);
  return hasUltrasound ? [EXPANSION, ...SPEEDS] : SPEEDS;
}

/** How the sound is played. */
export class Playback {
  /** @param {any} player */
  constructor(player) {
    this.player = player;
    this.speeds = SPEEDS;
    const { speed, keepsPitch, gainDb } = preferences;
    Object.assign(player.engine, { speed, keepsPitch, gainDb });
  }

  /**
   * Take new sounds: a speed that they do not have is left.
   *
   * @param {{ sampleRate: number }[]} sounds
   */
  take(sounds) {
    this.speeds = speedsFor(sounds);
    if (!this.speeds.includes(this.player.engine.speed)) this.setSpeed(1);
    const caption = (speed) => (speed === EXPANSION ? `${speed} ×, for ultrasound` : `${speed} ×`);
    offer(
      this.player.page.speed.input,
      this.speeds.map((speed) => [speed, caption(speed)]),
    );
  }

  /** @param {number} speed one of the speeds */
  setSpeed(speed) {
    const { engine } = this.player;
    preferences.speed = speed;
    engine.setSpeed(speed, engine.keepsPitch);
    this.player.announce(`Speed ${speed} ×`);
  }

  /** @param {number} by places in the list of speeds */
  changeSpeed(by) {
    const place = this.speeds.indexOf(this.player.engine.speed) + by;
    this.setSpeed(this.speeds[Math.min(Math.max(place, 0), this.speeds.length - 1)]);
  }

  /** @param {boolean} keepsPitch whether the pitch stays at another speed */
  setKeepsPitch(keepsPitch) {
    const { engine } = this.player;
    preferences.keepsPitch = keepsPitch;
    engine.setSpeed(engine.speed, keepsPitch);
    this.player.announce(keepsPitch ? "The pitch is kept" : "The pitch follows the speed");
  }

  /** @param {number} gainDb */
  setGain(gainDb) {
    const gain = Math.min(Math.max(gainDb, GAIN.min), GAIN.max);
    preferences.gainDb = gain;
    this.player.engine.setGain(gain);
    this.player.refresh();
  }
}
