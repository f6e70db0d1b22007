// Sounds: all of them run together and only one is let through, so that switching is without a gap.

import { boxOfSound } from "./band.js";

const FADE_SECONDS = 0.008;
const LOUDEST_MATCH = 0.1;
// Filtering every sound at once is quick up to here; beyond, each is filtered when it is chosen.
const EAGER_BAND_SECONDS = 30;
export const LONGEST_BAND_SECONDS = 60;

const NO_SOUND = "This browser gives no sound: check its output device, then press play again.";

let audible = null;

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
  const heard = levels.filter(({ level }) => level > 1e-7);
  const target = heard.reduce(
    (lowest, { level, peak }) => Math.min(lowest, (0.98 * level) / peak),
    LOUDEST_MATCH,
  );
  return levels.map(({ level }) => (level > 1e-7 ? target / level : 1));
}

export class SoundEngine {
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
    this.loop = null; // {start, end} in seconds
    this.band = null; // {start, end, low, high, tracks, gains}
    this.playing = null; // {from, startedAt, end, loop, out, gains}
    this.pausedAt = 0;
  }

  /** Takes the sounds of another clip; what was playing stops. */
  load(sounds, startSeconds, endSeconds, isLast = true) {
    this.pause();
    this.pausedAt = startSeconds;
    this.loop = null;
    this.take(sounds, startSeconds, endSeconds, isLast);
  }

  /** Takes another part of the same clip and plays on in it, from the very sample. */
  continueIn(sounds, startSeconds, endSeconds, isLast) {
    const now = this.playing;
    this.take(sounds, startSeconds, endSeconds, isLast);
    if (!now) return;
    const at = this.context.currentTime + 0.05;
    this.play(now.from + (at - now.startedAt), at);
  }

  /** Whether a time can be heard with the sounds that are here. */
  covers(seconds) {
    return seconds >= this.start - 1e-3 && seconds <= this.end + 1e-3;
  }

  take(sounds, startSeconds, endSeconds, isLast) {
    this.start = startSeconds;
    this.end = endSeconds;
    this.isLast = isLast;
    this.band = null;
    this.active = Math.min(this.active, sounds.length - 1);
    this.tracks = sounds.map((sound) => {
      // One length for all, or a shorter sound would loop out of step with the others.
      const length = Math.max(1, Math.round((endSeconds - startSeconds) * sound.sampleRate));
      const samples = new Float32Array(length);
      const n = Math.min(length, sound.pcm.length);
      for (let i = 0; i < n; i++) samples[i] = sound.pcm[i] * sound.scale;
      return { samples, sampleRate: sound.sampleRate, buffer: null };
    });
    this.gains = null;
  }

  /** Made at the first gesture: browsers keep a context made earlier from sounding. */
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
    if (!track.buffer) {
      track.buffer = this.context.createBuffer(1, track.samples.length, track.sampleRate);
      track.buffer.copyToChannel(track.samples, 0);
    }
    return track.buffer;
  }

  /** The context's time of what leaves the loudspeaker now. */
  heardTime() {
    const { context } = this;
    const stamp = context.getOutputTimestamp?.();
    if (stamp && stamp.contextTime > 0 && stamp.performanceTime > 0) {
      const heard = stamp.contextTime + (performance.now() - stamp.performanceTime) / 1000;
      // Some drivers report nonsense for a moment after a start or a change of device.
      if (heard <= context.currentTime && context.currentTime - heard < 0.5) return heard;
    }
    return context.currentTime - (context.outputLatency || context.baseLatency || 0);
  }

  /** The playhead in seconds of the clip. */
  position() {
    const now = this.playing;
    if (!now) return this.pausedAt;
    const elapsed = Math.max(0, this.heardTime() - now.startedAt);
    const at = now.from + elapsed;
    if (!now.loop || at < now.loop.end) return Math.min(at, now.end);
    return now.loop.start + ((at - now.loop.end) % (now.loop.end - now.loop.start));
  }

  /** Whether sound has run to its end; called once a frame. */
  finishIfDone() {
    const now = this.playing;
    if (!now || now.loop || this.position() < now.end - 1e-4) return;
    this.pause();
    const isAtEnd = !this.band && now.end >= this.end - 1e-3;
    // At the end, the next press begins again.
    this.pausedAt = this.band ? this.band.start : isAtEnd && this.isLast ? 0 : now.end;
    this.onStop(isAtEnd && !this.isLast);
  }

  play(fromSeconds = this.pausedAt, atContextTime = null) {
    if (!this.tracks.length) return;
    if (audible && audible !== this) audible.pauseForAnother();
    audible = this;
    const context = this.openContext();
    const startedAt = atContextTime ?? context.currentTime + 0.02;
    this.silence(atContextTime ?? context.currentTime);
    const range = this.band ?? { start: this.start, end: this.end };
    let loop = this.loop;
    if (this.band && loop) loop = { start: this.band.start, end: this.band.end };
    let from = Math.min(Math.max(fromSeconds, range.start), range.end);
    if (from >= range.end - 0.005) from = range.start;
    if (loop && (from >= loop.end - 0.005 || from < loop.start)) from = loop.start;
    if (this.band) this.filterFor(this.active);
    const out = context.createGain();
    out.gain.setValueAtTime(0, startedAt);
    out.gain.linearRampToValueAtTime(1, startedAt + FADE_SECONDS);
    out.connect(context.destination);
    const sources = [];
    const gains = this.currentTracks().map((track, i) => {
      if (!track) return null;
      const source = context.createBufferSource();
      source.buffer = this.bufferOf(track);
      const gain = context.createGain();
      gain.gain.value = i === this.active ? this.gainOf(i) : 0;
      source.connect(gain).connect(out);
      if (loop) {
        source.loop = true;
        source.loopStart = loop.start - range.start;
        source.loopEnd = loop.end - range.start;
        source.start(startedAt, from - range.start);
      } else {
        source.start(startedAt, from - range.start, range.end - from);
      }
      sources.push(source);
      return gain;
    });
    this.playing = { from, startedAt, end: range.end, loop, out, gains, sources };
  }

  pauseForAnother() {
    this.pause();
    this.onStop(false);
  }

  pause() {
    if (!this.playing) return;
    this.pausedAt = this.position();
    this.silence();
    if (audible === this) audible = null;
  }

  /** Stops the sources with a fade; the position is the caller's to keep. */
  silence(at = this.context?.currentTime) {
    const now = this.playing;
    if (!now) return;
    now.out.gain.cancelScheduledValues(at);
    now.out.gain.setTargetAtTime(0, at, FADE_SECONDS / 3);
    for (const source of now.sources) source.stop(at + 3 * FADE_SECONDS);
    this.playing = null;
  }

  seek(seconds) {
    const at = Math.min(Math.max(seconds, this.start), this.end);
    if (this.playing) this.play(at);
    else this.pausedAt = at;
  }

  /** Another sound at the same playhead. */
  choose(index) {
    if (index < 0 || index >= this.tracks.length || index === this.active) return;
    this.active = index;
    if (this.playing && !this.playing.gains[index]) this.play(this.position());
    this.applyGains();
  }

  setMatched(matched) {
    this.matched = matched;
    this.applyGains();
  }

  applyGains() {
    if (!this.playing) return;
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

  currentTracks() {
    return this.band ? this.band.tracks : this.tracks;
  }

  /** A loop over {start, end} seconds, or null. */
  setLoop(loop) {
    const same = this.loop?.start === loop?.start && this.loop?.end === loop?.end;
    this.loop = loop;
    if (this.playing && !same) this.play(this.position());
  }

  /** Only the box {start, end, low, high} is heard, or with null everything. */
  setBand(box) {
    const at = this.position();
    if (!box && !this.band) return;
    const end = box && Math.min(box.end, box.start + LONGEST_BAND_SECONDS);
    this.band = box && { ...box, end, tracks: this.tracks.map(() => null) };
    if (box) {
      const all = (end - box.start) * this.tracks.length <= EAGER_BAND_SECONDS;
      if (all) this.tracks.forEach((_, i) => this.filterFor(i));
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

  close() {
    this.pause();
    clearTimeout(this.patience);
    this.context?.close();
    this.context = null;
  }
}
