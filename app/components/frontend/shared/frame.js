// Texts and arrays in one run of bytes, in the layout of safetensors: the header's length in 8 bytes,
// the header as JSON, the arrays. app/components/shared/frame.py writes it.

const TYPES = { U8: Uint8Array, I16: Int16Array, F32: Float32Array };

/** What Python packed; arrays are copied out only when they are asked for. */
export class Frame {
  /** @param {Uint8Array} bytes which may begin at any address */
  constructor(bytes) {
    try {
      const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
      this.start = 8 + Number(length);
      this.described = JSON.parse(new TextDecoder().decode(bytes.subarray(8, this.start)));
    } catch {
      throw new Error("This part of the page received data that it cannot read; reload the page.");
    }
    this.bytes = bytes;
  }

  /**
   * Give a text as it was packed.
   *
   * @param {string} name
   * @returns {string}
   */
  text(name) {
    return this.described.__metadata__[name];
  }

  /** The values that go with the arrays. */
  get header() {
    return JSON.parse(this.text("header"));
  }

  /**
   * Copy an array out. A copy, as a typed array needs an aligned address.
   *
   * @param {string} name
   * @returns {any} a typed array
   */
  array(name) {
    const { dtype, data_offsets } = this.described[name];
    const [from, to] = data_offsets.map((offset) => this.start + offset);
    return new TYPES[dtype](this.bytes.slice(from, to).buffer);
  }

  /**
   * Give the shape of an array.
   *
   * @param {string} name
   * @returns {number[]}
   */
  shape(name) {
    return this.described[name].shape;
  }
}
