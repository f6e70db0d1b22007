// Slower or faster without another pitch: waveform-similarity overlap-add (Verhelst and Roelands, 1993).

const FRAME_SECONDS = 0.046;
const SEARCH_SECONDS = 0.012;
// Every fourth sample tells which of the places are alike; the ones around the best are looked at closely.
const COARSE = 4;

/**
 * Stretch a sound in time: what is heard at t is then heard at t / speed, at the pitch that it had. A
 * minute of 44.1 kHz takes half a second at half speed.
 *
 * @param {Float32Array} samples
 * @param {number} sampleRate in hertz
 * @param {number} speed below 1 is slower and longer
 * @returns {Float32Array} of round(n / speed) samples
 */
export function stretched(samples, sampleRate, speed) {
  const length = Math.max(1, Math.round(samples.length / speed));
  const out = new Float32Array(length);
  const hop = Math.max(16, Math.round((FRAME_SECONDS * sampleRate) / 2));
  const reach = Math.round(SEARCH_SECONDS * sampleRate);
  const window = Float32Array.from({ length: 2 * hop }, (_, i) => 0.5 - 0.5 * Math.cos((Math.PI * i) / hop));
  // With silence round it, no place that is looked at lies outside.
  const margin = 4 * hop + 2 * reach;
  const padded = new Float32Array(samples.length + 2 * margin);
  padded.set(samples, margin);
  let from = -hop;
  for (let at = -hop; at < length; at += hop) {
    // The first frame stands where it is; each other one goes on as the one before would have.
    if (at >= 0) from = alike(padded, margin + from + hop, margin + Math.round(at * speed), reach, hop) - margin;
    const first = margin + from;
    const stop = Math.min(2 * hop, length - at);
    for (let i = Math.max(0, -at); i < stop; i++) out[at + i] += padded[first + i] * window[i];
  }
  return out;
}

/** Find the place near `ideal` from where the sound is most like that from `wanted` on. */
function alike(samples, wanted, ideal, reach, n) {
  const coarse = mostAlike(samples, wanted, ideal - reach, ideal + reach, n, COARSE);
  return mostAlike(samples, wanted, coarse - COARSE + 1, coarse + COARSE - 1, n, 1);
}

function mostAlike(samples, wanted, first, last, n, stride) {
  let best = first;
  let most = -Infinity;
  for (let place = first; place <= last; place += stride) {
    let product = 0;
    let power = 1e-9;
    for (let i = 0; i < n; i += stride) {
      const value = samples[place + i];
      product += value * samples[wanted + i];
      power += value * value;
    }
    const likeness = product / Math.sqrt(power);
    if (likeness > most) {
      most = likeness;
      best = place;
    }
  }
  return best;
}
