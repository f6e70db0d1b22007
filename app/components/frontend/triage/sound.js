// One sound at a time: the strongest region, or the whole stretch.

const AROUND_SECONDS = 0.25;
const SHORTEST_SECONDS = 1.2;
const FADE_SECONDS = 0.015;

export class Voice {
  constructor(changed) {
    this.changed = changed;
    this.buffers = new WeakMap();
  }

  get playing() {
    return Boolean(this.source);
  }

  /** Plays a glance: around its strongest region, or from its beginning to its end. */
  play(glance, isWhole) {
    this.stop();
    if (!glance.pcm.length) return;
    this.context ??= new AudioContext();
    this.context.resume();
    const [from, to] = isWhole ? [0, glance.pcm.length / glance.sample_rate] : stretchOf(glance);
    const source = new AudioBufferSourceNode(this.context, { buffer: this.bufferOf(glance) });
    const gain = new GainNode(this.context, { gain: 0 });
    const now = this.context.currentTime + 0.01;
    gain.gain.setValueAtTime(0, now);
    gain.gain.linearRampToValueAtTime(1, now + FADE_SECONDS);
    gain.gain.setValueAtTime(1, Math.max(now + (to - from) - FADE_SECONDS, now + FADE_SECONDS));
    gain.gain.linearRampToValueAtTime(0, now + (to - from));
    source.connect(gain).connect(this.context.destination);
    source.start(now, from, to - from);
    source.onended = () => {
      if (this.source === source) this.stop();
    };
    Object.assign(this, { source, gain, began: now, from, to, glance });
    this.changed();
  }

  stop() {
    const { source, gain, context } = this;
    this.source = undefined;
    if (!source) return;
    const now = context.currentTime;
    gain.gain.cancelScheduledValues(now);
    gain.gain.setTargetAtTime(0, now, FADE_SECONDS / 3);
    source.onended = null;
    source.stop(now + 2 * FADE_SECONDS);
    this.changed();
  }

  /** Where the sound is, in seconds of the stretch; undefined where nothing plays. */
  position() {
    if (!this.source) return undefined;
    return Math.min(this.from + Math.max(this.context.currentTime - this.began, 0), this.to);
  }

  bufferOf(glance) {
    let buffer = this.buffers.get(glance);
    if (buffer) return buffer;
    buffer = new AudioBuffer({ length: glance.pcm.length, sampleRate: glance.sample_rate, numberOfChannels: 1 });
    const samples = buffer.getChannelData(0);
    for (let i = 0; i < samples.length; i++) samples[i] = glance.pcm[i] * glance.scale;
    this.buffers.set(glance, buffer);
    return buffer;
  }

  close() {
    this.stop();
    this.context?.close();
  }
}

/** The strongest region with a little around it, at least long enough to be recognised. */
export function stretchOf(glance) {
  const length = glance.pcm.length / glance.sample_rate;
  if (!glance.strongest) return [0, length];
  const start = glance.strongest[0] - glance.start_s - AROUND_SECONDS;
  const end = glance.strongest[1] - glance.start_s + AROUND_SECONDS;
  const more = Math.max(0, SHORTEST_SECONDS - (end - start)) / 2;
  return [Math.max(0, start - more), Math.min(length, end + more)];
}
