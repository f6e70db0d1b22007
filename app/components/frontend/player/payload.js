// The payload: the counterpart of payload.py, which describes the framing.

/** A copy, because a typed array needs an aligned offset and Streamlit's bytes may begin anywhere. */
function arrayAt(bytes, start, place, Type) {
  const from = start + place.offset;
  return new Type(bytes.slice(from, from + place.length).buffer);
}

/** Only the header: enough to know whether anything is new. */
export function readHeader(bytes) {
  if (!(bytes instanceof Uint8Array) || bytes.length < 16) {
    throw new Error("The player received no data; reload the page.");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = new TextDecoder().decode(bytes.subarray(8, 12));
  if (magic !== "HMP1") throw new Error("The player received data it cannot read; reload the page.");
  const length = view.getUint32(12, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(16, 16 + length)));
  header.height = view.getUint32(0, true);
  header.paint = view.getUint32(4, true) !== 0;
  header.arrays_start = 16 + length;
  return header;
}

/** The picture with its arrays: level, probability and margin as [freq, time] in 0..255. */
export function readPicture(bytes, header) {
  const start = header.arrays_start;
  const described = header.picture;
  return {
    nFreq: described.n_freq,
    nTime: described.n_time,
    level: arrayAt(bytes, start, described.level, Uint8Array),
    levelMinDb: described.level_min_db,
    levelMaxDb: described.level_max_db,
    probability: arrayAt(bytes, start, described.probability, Uint8Array),
    margin: described.margin && arrayAt(bytes, start, described.margin, Uint8Array),
    marginZero: described.margin_zero,
    score: arrayAt(bytes, start, described.score, Float32Array),
    threshold: described.threshold,
    freqHz: described.freq_hz,
    firstSeconds: described.first_s,
    stepSeconds: described.step_s,
    startSeconds: header.start_s,
    endSeconds: header.start_s + header.duration_s,
    maps: header.maps.map((other) => ({
      label: other.label,
      probability: arrayAt(bytes, start, other.probability, Uint8Array),
      margin: arrayAt(bytes, start, other.margin, Uint8Array),
      score: arrayAt(bytes, start, other.score, Float32Array),
      threshold: other.threshold,
    })),
  };
}

/** For a part of a long clip: all parts as [start, end], which one this is, and the whole score. */
export function readPart(bytes, header) {
  if (!header.part) return null;
  const { index, bounds, score } = header.part;
  return { index, bounds, score: arrayAt(bytes, header.arrays_start, score, Float32Array) };
}

/** The sounds with their 16-bit samples; a rest is made of the two that were sent. */
export function readSounds(bytes, header) {
  const sent = new Map();
  for (const sound of header.sounds) {
    if (!sound.pcm) continue;
    sent.set(sound.name, {
      name: sound.name,
      label: sound.label,
      sampleRate: sound.sample_rate,
      scale: sound.scale,
      pcm: arrayAt(bytes, header.arrays_start, sound.pcm, Int16Array),
    });
  }
  return header.sounds.map((sound) => sent.get(sound.name) ?? restOf(sound, sent));
}

/** One sound less another, sample by sample, with the full 16 bits for its own peak. */
function restOf({ name, label, whole, part }, sent) {
  const a = sent.get(whole);
  const b = sent.get(part);
  const values = new Float32Array(Math.min(a.pcm.length, b.pcm.length));
  let peak = 0;
  for (let i = 0; i < values.length; i++) {
    const value = a.pcm[i] * a.scale - b.pcm[i] * b.scale;
    values[i] = Math.min(Math.max(value, -1), 1);
    peak = Math.max(peak, Math.abs(values[i]));
  }
  const scale = peak > 0 ? peak / 32767 : 1;
  return { name, label, sampleRate: a.sampleRate, scale, pcm: Int16Array.from(values, (v) => Math.round(v / scale)) };
}
