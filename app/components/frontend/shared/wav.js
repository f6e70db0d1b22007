// WAV files: 24 bits, one channel.

const HEADER_BYTES = 44;
const STEPS = 2 ** 23;

/**
 * Write samples as a WAV file.
 *
 * @param {Float32Array} samples in -1..1; what lies beyond is cut
 * @param {number} sampleRate in hertz
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function wavBytes(samples, sampleRate) {
  const rate = Math.round(sampleRate);
  const bytes = new Uint8Array(HEADER_BYTES + 3 * samples.length + (samples.length & 1));
  const view = new DataView(bytes.buffer);
  const text = (at, word) => {
    for (let i = 0; i < word.length; i++) bytes[at + i] = word.charCodeAt(i);
  };
  text(0, "RIFF");
  view.setUint32(4, bytes.length - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // whole numbers
  view.setUint16(22, 1, true); // channels
  view.setUint32(24, rate, true);
  view.setUint32(28, 3 * rate, true);
  view.setUint16(32, 3, true);
  view.setUint16(34, 24, true);
  text(36, "data");
  view.setUint32(40, 3 * samples.length, true);
  for (const [i, sample] of samples.entries()) {
    const step = Math.min(Math.max(Math.round(sample * STEPS), -STEPS), STEPS - 1);
    view.setInt16(HEADER_BYTES + 3 * i, step & 0xffff, true);
    view.setInt8(HEADER_BYTES + 3 * i + 2, step >> 16);
  }
  return bytes;
}
