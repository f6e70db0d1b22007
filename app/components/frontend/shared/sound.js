// Sounds: all of them run together and only one is let through, so that switching is without a gap.

import { boxOfSound } from "./band.js";
import { stretched } from "./stretch.js";

const FADE_SECONDS = 0.008;
const LOUDEST_MATCH = 0.1;
// Filtering every sound at once is quick up to here; beyond, each is filtered when it is chosen.
const EAGER_BAND_SECONDS = 30;
export const LONGEST_BAND_SECONDS = 60;

// Slower than this is time expansion: ultrasound is brought down to where it can be heard.
const SLOWEST_STRETCH = 0.25;
export const EXPANSION = 0.1;

const NO_SOUND = "This browser gives no sound: check its output device, then press play again.";

let audible = null;

/**
 * Decode a sound that was packed in 16 bits.
 *
 * @param {Int16Array} pcm
 * @param {number} scale what a step stands for
 * @returns {Float32Array}
 */
export function decoded(pcm, scale) {
  return Float32Array.from(pcm, (step) => step * scale);
}

/** The level of what sounds: the root mean square of 50 ms stretches within 20 dB of the loudest. */
function activeLevel(samples, sampleRate) {
  const n = Math.max(1, Math.round(0.05 * sampleRate));
  const powers = [];
  let peak = 0;
  for (let start = 0; start < samples.length; start += n) {
    const end = Math.min(start + n, samples.length);
    let sum = 0;
    for (let i = start; i < end; i++) {
      sum += samples[i] * samples[i];
      peak = Math.max(peak, Math.abs(samples[i]));
    }
    powers.push(sum / (end - start));
  }
  const loudest = powers.reduce((a, b) => Math.max(a, b), 0);
  const active = powers.filter((power) => power >= loudest / 100);
  const mean = active.reduce((a, b) => a + b, 0) / Math.max(1, active.length);
  return { level: Math.sqrt(mean), peak };
}

/** Gains that make the active levels equal and let none clip. */
function matchedGains(levels) {
  const target = levels
    .filter(({ level }) => level > 1e-7)
    .reduce((lowest, { level, peak }) => Math.min(lowest, (0.98 * level) / peak), LOUDEST_MATCH);
  return levels.map(({ level }) => (level > 1e-7 ? target / level : 1));
}

/**
 * @typedef {{ samples: Float32Array, sampleRate: number }} Sound
 * @typedef {{ start: number, end: number, low: number, high: number }} Box in seconds and hertz
 */

/** The player of several sounds at one playhead. Times are seconds of the recording. */
export class SoundEngine {
  /**
   * @param {(ranOut: boolean) => void} onStop called when the sound ends; whether it goes on elsewhere
   * @param {(words: string) => void} onFailure called when this browser gives no sound
   */
  constructor(onStop, onFailure) {
    this.onStop = onStop;
    this.onFailure = onFailure;
    this.context = null;
    this.tracks = [];
    this.start = 0;
    this.end = 0;
    this.isLast = true;
    this.active = 0;
    this.matched = false;
    this.speed = 1;
    this.keepsPitch = true;
    this.gainDb = 0;
    this.output = null; // {gain, limiter, next}
    this.loop = null; // {start, end} in seconds
    this.band = null; // {start, end, low, high, tracks, gains}
    this.playing = null; // {from, startedAt, speed, end, loop, out, gains, sources}
    this.patience = undefined;
    this.pausedAt = 0;
  }

  /**
   * Take the sounds of another recording; what was playing stops.
   *
   * @param {Sound[]} sounds
   * @param {number} startSeconds
   * @param {number} endSeconds
   * @param {boolean} [isLast] whether the recording ends there
   */
  load(sounds, startSeconds, endSeconds, isLast = true) {
    this.pause();
    this.pausedAt = startSeconds;
    this.loop = null;
    this.take(sounds, startSeconds, endSeconds, isLast);
  }

  /**
   * Take another part of the same recording and play on in it, from the very sample.
   *
   * @param {Sound[]} sounds
   * @param {number} startSeconds
   * @param {number} endSeconds
   * @param {boolean} isLast
   */
  continueIn(sounds, startSeconds, endSeconds, isLast) {
    const now = this.playing;
    this.take(sounds, startSeconds, endSeconds, isLast);
    if (!now) return;
    const at = this.context.currentTime + 0.05;
    this.play(now.from + (at - now.startedAt) * now.speed, at);
  }

  /**
   * Say whether a time can be played with the sounds that are here.
   *
   * @param {number} seconds
   */
  covers(seconds) {
    return seconds >= this.start - 1e-3 && seconds <= this.end + 1e-3;
  }

  take(sounds, startSeconds, endSeconds, isLast) {
    this.start = startSeconds;
    this.end = endSeconds;
    this.isLast = isLast;
    this.band = null;
    this.active = Math.min(this.active, sounds.length - 1);
    this.tracks = sounds.map(({ samples, sampleRate }) => {
      // One length for all, or a shorter sound would loop out of step with the others.
      const length = Math.max(1, Math.round((endSeconds - startSeconds) * sampleRate));
      const padded = new Float32Array(length);
      padded.set(samples.subarray(0, length));
      return { samples: padded, sampleRate, buffer: null };
    });
    this.gains = null;
  }

  /** Open the audio context. Not before the first gesture: browsers keep an earlier one silent. */
  openContext() {
    if (!this.context) this.context = new AudioContext({ latencyHint: "interactive" });
    if (this.context.state !== "running") {
      this.context.resume().catch(() => this.onFailure(NO_SOUND));
      clearTimeout(this.patience);
      this.patience = setTimeout(() => {
        if (this.playing && this.context.state !== "running") this.onFailure(NO_SOUND);
      }, 3000);
    }
    return this.context;
  }

  bufferOf(track) {
    const { samples, sampleRate } = track;
    if (this.isStretched) {
      if (track.stretched?.speed !== this.speed) {
        track.stretched = {
          speed: this.speed,
          buffer: this.filled(stretched(samples, sampleRate, this.speed), sampleRate),
        };
      }
      return track.stretched.buffer;
    }
    track.buffer ??= this.filled(samples, sampleRate);
    return track.buffer;
  }

  filled(samples, sampleRate) {
    const buffer = this.context.createBuffer(1, samples.length, sampleRate);
    buffer.copyToChannel(samples, 0);
    return buffer;
  }

  /** Whether the pitch is kept at another speed. */
  get isStretched() {
    return this.keepsPitch && this.speed !== 1 && this.speed >= SLOWEST_STRETCH;
  }

  /** Where everything that is played goes: the gain, and what holds back peaks that would be too loud. */
  get sink() {
    const { context } = this;
    if (!this.output) {
      const limiter = new DynamicsCompressorNode(context, {
        threshold: -1.5,
        knee: 0,
        ratio: 20,
        attack: 0,
        release: 0.1,
      });
      this.output = { gain: context.createGain(), limiter, next: null };
      limiter.connect(context.destination);
      this.applyGain();
    }
    return this.output.gain;
  }

  /** Whether peaks of what is chosen are louder than a loudspeaker gets, and are held back. */
  get isLimited() {
    const track = (this.band ?? this).tracks[this.active];
    if (!track || this.gainDb <= 0) return false;
    track.peak ??= track.samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    return track.peak * this.gainOf(this.active) * this.gain > 1;
  }

  /** The factor of the gain. */
  get gain() {
    return 10 ** (this.gainDb / 20);
  }

  applyGain() {
    if (!this.output) return;
    const { gain, limiter } = this.output;
    // A limiter that has nothing to do would still colour the sound.
    const next = this.isLimited ? limiter : this.context.destination;
    if (this.output.next !== next) {
      gain.disconnect();
      gain.connect(next);
      this.output.next = next;
    }
    gain.gain.setTargetAtTime(this.gain, this.context.currentTime, FADE_SECONDS / 2);
  }

  /**
   * Set how much louder everything is.
   *
   * @param {number} gainDb in dB
   */
  setGain(gainDb) {
    this.gainDb = gainDb;
    this.applyGain();
  }

  /**
   * Set how fast the sound is played, and whether at the pitch that it has.
   *
   * @param {number} speed 1 as it was recorded
   * @param {boolean} keepsPitch
   */
  setSpeed(speed, keepsPitch) {
    const at = this.position();
    this.speed = speed;
    this.keepsPitch = keepsPitch;
    if (this.playing) this.play(at);
  }

  /** Give the context's time of what leaves the loudspeaker now. */
  outputTime() {
    const { context } = this;
    const stamp = context.getOutputTimestamp?.();
    if (stamp && stamp.contextTime > 0 && stamp.performanceTime > 0) {
      const now = stamp.contextTime + (performance.now() - stamp.performanceTime) / 1000;
      // Some drivers report nonsense for a moment after a start or a change of device.
      if (now <= context.currentTime && context.currentTime - now < 0.5) return now;
    }
    return context.currentTime - (context.outputLatency || context.baseLatency || 0);
  }

  /**
   * Give the playhead, in seconds of the recording.
   *
   * @returns {number}
   */
  position() {
    const now = this.playing;
    if (!now) return this.pausedAt;
    const elapsed = Math.max(0, this.outputTime() - now.startedAt);
    const at = now.from + elapsed * now.speed;
    if (!now.loop || at < now.loop.end) return Math.min(at, now.end);
    return now.loop.start + ((at - now.loop.end) % (now.loop.end - now.loop.start));
  }

  /** Stop if the sound has run to its end; called once a frame. */
  finishIfDone() {
    const now = this.playing;
    if (!now || now.loop || this.position() < now.end - 1e-4) return;
    this.pause();
    const isAtEnd = !this.band && now.end >= this.end - 1e-3;
    // At the end, the next press begins again.
    this.pausedAt = this.band ? this.band.start : isAtEnd && this.isLast ? 0 : now.end;
    this.onStop(isAtEnd && !this.isLast);
  }

  /**
   * Play from a time.
   *
   * @param {number} [fromSeconds]
   * @param {number | null} [atContextTime] when, on the context's clock; null is now
   * @param {number} [untilSeconds]
   */
  play(fromSeconds = this.pausedAt, atContextTime = null, untilSeconds = Infinity) {
    if (!this.tracks.length) return;
    if (audible && audible !== this) {
      audible.pause();
      audible.onStop(false);
    }
    audible = this;
    const context = this.openContext();
    const startedAt = atContextTime ?? context.currentTime + 0.02;
    this.silence(atContextTime ?? context.currentTime);
    const whole = this.band ?? this;
    const range = { start: whole.start, end: Math.min(whole.end, untilSeconds) };
    let loop = this.loop;
    if (this.band && loop) loop = { start: this.band.start, end: this.band.end };
    let from = Math.min(Math.max(fromSeconds, range.start), range.end);
    if (from >= range.end - 0.005) from = range.start;
    if (loop && (from >= loop.end - 0.005 || from < loop.start)) from = loop.start;
    if (this.band) this.filterFor(this.active);
    const out = context.createGain();
    out.gain.setValueAtTime(0, startedAt);
    out.gain.linearRampToValueAtTime(1, startedAt + FADE_SECONDS);
    const { speed, isStretched } = this;
    if (!loop && (range.end - from) / speed > 2 * FADE_SECONDS) {
      const endsAt = startedAt + (range.end - from) / speed;
      out.gain.setValueAtTime(1, endsAt - FADE_SECONDS);
      out.gain.linearRampToValueAtTime(0, endsAt);
    }
    out.connect(this.sink);
    this.applyGain();
    const sources = [];
    const inBuffer = (seconds) => (seconds - range.start) / (isStretched ? speed : 1);
    const gains = whole.tracks.map((track, i) => {
      // A stretched sound is made when it is chosen.
      if (!track || (isStretched && i !== this.active)) return null;
      const source = context.createBufferSource();
      source.buffer = this.bufferOf(track);
      const gain = context.createGain();
      gain.gain.value = i === this.active ? this.gainOf(i) : 0;
      source.connect(gain).connect(out);
      source.loop = Boolean(loop);
      source.playbackRate.value = isStretched ? 1 : speed;
      source.loopStart = inBuffer((loop ?? range).start);
      source.loopEnd = inBuffer((loop ?? range).end);
      source.start(startedAt, inBuffer(from), loop ? undefined : inBuffer(range.end) - inBuffer(from));
      sources.push(source);
      return gain;
    });
    this.playing = { from, startedAt, speed, end: range.end, loop, out, gains, sources };
  }

  /** Pause where the playhead is. */
  pause() {
    if (!this.playing) return;
    this.pausedAt = this.position();
    this.silence();
    if (audible === this) audible = null;
  }

  /** Stop the sources with a fade; the caller saves the position. */
  silence(at = this.context?.currentTime) {
    const now = this.playing;
    if (!now) return;
    now.out.gain.cancelScheduledValues(at);
    now.out.gain.setTargetAtTime(0, at, FADE_SECONDS / 3);
    for (const source of now.sources) source.stop(at + 3 * FADE_SECONDS);
    this.playing = null;
  }

  /**
   * Move the playhead.
   *
   * @param {number} seconds
   */
  seek(seconds) {
    const at = Math.min(Math.max(seconds, this.start), this.end);
    if (this.playing) this.play(at);
    else this.pausedAt = at;
  }

  /**
   * Let another sound through at the same playhead.
   *
   * @param {number} index
   */
  choose(index) {
    if (index < 0 || index >= this.tracks.length || index === this.active) return;
    this.active = index;
    if (this.playing && !this.playing.gains[index]) this.play(this.position());
    this.applyGains();
  }

  /**
   * Bring all sounds to the same loudness, or leave each as it is.
   *
   * @param {boolean} matched
   */
  setMatched(matched) {
    this.matched = matched;
    this.applyGains();
  }

  applyGains() {
    if (!this.playing) return;
    this.applyGain();
    const at = this.context.currentTime;
    this.playing.gains.forEach((gain, i) => {
      gain?.gain.setTargetAtTime(i === this.active ? this.gainOf(i) : 0, at, FADE_SECONDS / 2);
    });
  }

  gainOf(index) {
    if (!this.matched) return 1;
    if (this.band) {
      // A band is often far below the whole: it is matched by its own level.
      const track = this.band.tracks[index];
      if (!track) return 1;
      track.gain ??= matchedGains([activeLevel(track.samples, track.sampleRate)])[0];
      return track.gain;
    }
    this.gains ??= matchedGains(this.tracks.map((t) => activeLevel(t.samples, t.sampleRate)));
    return this.gains[index];
  }

  /**
   * Loop over a stretch, or with null over nothing.
   *
   * @param {{ start: number, end: number } | null} loop
   */
  setLoop(loop) {
    const same = this.loop?.start === loop?.start && this.loop?.end === loop?.end;
    this.loop = loop;
    if (this.playing && !same) this.play(this.position());
  }

  /**
   * Play only a box of time and frequency, or with null everything.
   *
   * @param {Box | null} box
   */
  setBand(box) {
    const at = this.position();
    if (!box && !this.band) return;
    const end = box && Math.min(box.end, box.start + LONGEST_BAND_SECONDS);
    this.band = box && { ...box, end, tracks: this.tracks.map(() => null) };
    if (box) {
      const all = (end - box.start) * this.tracks.length <= EAGER_BAND_SECONDS;
      if (all) for (const i of this.tracks.keys()) this.filterFor(i);
      if (!this.playing) this.pausedAt = box.start;
    }
    if (this.playing) this.play(box ? box.start : at);
  }

  filterFor(index) {
    const { band } = this;
    if (band.tracks[index]) return;
    const { samples, sampleRate } = this.tracks[index];
    const [start, end] = [band.start - this.start, band.end - this.start];
    const part = boxOfSound(samples, sampleRate, start, end, band.low, band.high);
    band.tracks[index] = { samples: part, sampleRate, buffer: null };
  }

  /**
   * Give what is heard: the box alone, the time of a box, or everything; at the speed and the gain that
   * are set. What would clip is made quieter as a whole.
   *
   * @param {Box | null} box that is chosen, whether it is heard alone or not
   */
  heard(box) {
    if (this.band) this.filterFor(this.active);
    const whole = this.band ?? this;
    const { samples, sampleRate } = whole.tracks[this.active];
    const start = this.band ? whole.start : Math.max(box?.start ?? this.start, this.start);
    const end = this.band ? whole.end : Math.min(box?.end ?? this.end, this.end);
    const first = Math.round((start - whole.start) * sampleRate);
    const part = samples.subarray(first, first + Math.max(1, Math.round((end - start) * sampleRate)));
    const made = this.isStretched ? stretched(part, sampleRate, this.speed) : Float32Array.from(part);
    const peak = made.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    const gain = this.gain * this.gainOf(this.active);
    const most = Math.min(gain, 1 / Math.max(peak, 1e-9));
    for (let i = 0; i < made.length; i++) made[i] *= most;
    const rate = this.isStretched ? sampleRate : sampleRate * this.speed;
    return { samples: made, sampleRate: rate, start, end, quieterDb: 20 * Math.log10(gain / most) };
  }

  /** Give the audio context back. */
  close() {
    this.pause();
    clearTimeout(this.patience);
    this.context?.close();
    this.context = this.output = null;
  }
}
