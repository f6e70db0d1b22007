// The frame: the counterpart of frame.py, which describes it.

/** Header and glances of one run of bytes. */
export function readFrame(bytes) {
  if (!(bytes instanceof Uint8Array) || bytes.length < 8) {
    throw new Error("The list received no data; reload the page.");
  }
  const magic = new TextDecoder().decode(bytes.subarray(0, 4));
  if (magic !== "HMT1") throw new Error("The list received data it cannot read; reload the page.");
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const start = 8 + length;
  // Copies, because a typed array needs an aligned offset and the bytes may begin anywhere.
  const arrayAt = (place, Type) =>
    new Type(bytes.slice(start + place.offset, start + place.offset + place.length).buffer);
  header.glances = header.glances.map((glance) => ({
    ...glance,
    level: arrayAt(glance.level, Uint8Array),
    heat: arrayAt(glance.heat, Uint8Array),
    pcm: arrayAt(glance.pcm, Int16Array),
  }));
  return header;
}
