// What Python sends, as the player uses it; payload.py packs it.

import { decoded } from "../shared/sound.js";

// A step of 16 bits.
const SILENT = 1 / 32768;

/**
 * @typedef {{ start: number, end: number, low: number, high: number, region: number | null }} Box in
 *   seconds and hertz; `region` is the index of the region that it is
 * @typedef {{ caption: string, threshold: number, evidence: Uint8Array,
 *   score: Float32Array }} EvidenceMap [freq, time] in 0..255, and its score over time
 */

/**
 * Read the picture: its level as [freq, time] in 0..255, its axes, and all maps on them.
 *
 * @param {import("../shared/frame.js").Frame} frame
 * @param {any} header
 */
export function readPicture(frame, { picture, start_s, duration_s }) {
  const [nFreq, nTime] = frame.shape("level");
  /** @type {EvidenceMap[]} */
  const [map, ...others] = picture.maps.map((described, i) => ({
    ...described,
    evidence: frame.array(`map${i}.evidence`),
    score: frame.array(`map${i}.score`),
  }));
  return {
    nFreq,
    nTime,
    level: frame.array("level"),
    levelMinDb: picture.level_min_db,
    levelMaxDb: picture.level_max_db,
    freqHz: picture.freq_hz,
    firstSeconds: picture.first_s,
    stepSeconds: picture.step_s,
    startSeconds: start_s,
    endSeconds: start_s + duration_s,
    map,
    others,
  };
}

/**
 * Read the regions.
 *
 * @param {any} header
 * @returns {Box[]} strongest first
 */
export function readRegions({ regions }) {
  return regions.map(({ start_s, end_s, low_hz, high_hz }, region) => ({
    start: start_s,
    end: end_s,
    low: low_hz,
    high: high_hz,
    region,
  }));
}

/**
 * Read the sounds; a residual is made of the two that were sent.
 *
 * @param {import("../shared/frame.js").Frame} frame
 * @param {any} header
 * @returns {{ name: string, caption: string, samples: Float32Array, sampleRate: number, isResidual?: boolean }[]}
 */
export function readSounds(frame, { sounds }) {
  const sent = new Map();
  for (const { name, caption, scale, sample_rate } of sounds) {
    if (!scale) continue;
    const samples = decoded(frame.array(`sound.${name}`), scale);
    sent.set(name, { name, caption, samples, sampleRate: sample_rate });
  }
  return sounds.map((sound) => sent.get(sound.name) ?? residualOf(sound, sent));
}

/**
 * Say which of new sounds to play where one was chosen before. In another recording a sound is only kept
 * where it makes sense: one that is there too, sounds at all, and is not what another sound leaves.
 *
 * @param {string | undefined} before the name of the one that was chosen
 * @param {{ name: string, samples: Float32Array, isResidual?: boolean }[]} sounds
 * @param {boolean} isSameRecording
 * @returns {number} its index
 */
export function soundToKeep(before, sounds, isSameRecording) {
  const place = sounds.findIndex(({ name }) => name === before);
  if (place < 0 || isSameRecording) return Math.max(0, place);
  const { samples, isResidual } = sounds[place];
  return isResidual || !samples.some((sample) => Math.abs(sample) > SILENT) ? 0 : place;
}

/** One sound less another, sample by sample. */
function residualOf({ name, caption, whole, part }, sent) {
  const [{ samples: a, sampleRate }, { samples: b }] = [sent.get(whole), sent.get(part)];
  const samples = new Float32Array(Math.min(a.length, b.length));
  for (let i = 0; i < samples.length; i++) samples[i] = Math.min(Math.max(a[i] - b[i], -1), 1);
  return { name, caption, samples, sampleRate, isResidual: true };
}
