// A long recording comes in parts; parts.py describes them. The picture may be one part's and the sound
// another's: what plays is never cut because somebody looks elsewhere.

// How long before its end the part that plays asks for the next.
const ASK_SECONDS = 10;

/** The parts of a recording, and which of them are here. */
export class Parts {
  /** @param {any} player */
  constructor(player) {
    this.player = player;
    this.bounds = []; // [start, end] of each; empty for a recording that came whole
    this.score = null; // over the whole recording
    this.shown = 0; // the part whose picture is here
    this.loaded = 0; // the part whose sounds are in use
    this.asked = null; // the time whose part was asked for
    this.pending = null; // sounds that came while others play: {sounds, index}
    this.target = null; // {seconds, play, then}: what to do when its part is here
  }

  get isLong() {
    return this.bounds.length > 1;
  }

  /**
   * Ask Python for the part that has a time nearest to its middle.
   *
   * @param {number} seconds
   */
  ask(seconds) {
    if (seconds === this.asked) return;
    this.asked = seconds;
    this.player.setStateValue("part", { clip: this.player.clip, seconds });
    this.player.refresh();
  }

  askPart(index) {
    const bounds = this.bounds[index];
    if (bounds) this.ask((bounds[0] + bounds[1]) / 2);
  }

  /**
   * Ask for the next part in time, while this one plays.
   *
   * @param {number} seconds of the playhead
   */
  askAhead(seconds) {
    const { engine } = this.player;
    if (!this.isLong || engine.loop || engine.band || this.loaded + 1 >= this.bounds.length) return;
    if (seconds < engine.end - ASK_SECONDS) return;
    if (this.pending?.index === this.loaded + 1) this.adopt();
    else this.askPart(this.loaded + 1);
  }

  /**
   * Ask for a neighbour, where somebody moves the picture against its edge.
   *
   * @param {number} direction -1 to what is before, 1 to what comes after
   */
  askBeside(direction) {
    if (!this.isLong || !direction) return;
    const { view } = this.player;
    const { startSeconds, endSeconds } = view.picture;
    const isAtEdge = direction > 0 ? view.end >= endSeconds - 1e-6 : view.start <= startSeconds + 1e-6;
    if (isAtEdge) this.askPart(this.shown + direction);
  }

  /**
   * Say whether a time can be played now; if not, ask for its part.
   *
   * @param {number} seconds
   * @param {boolean} play once it is here
   * @param {() => void} [then] done once it is here
   */
  reach(seconds, play, then) {
    const { engine } = this.player;
    this.target = null;
    if (!this.isLong || engine.covers(seconds)) return true;
    if (this.pending && this.isIn(this.pending.index, seconds)) {
      this.adopt();
      return true;
    }
    this.target = { seconds, play, then };
    engine.pause();
    engine.pausedAt = seconds;
    this.ask(seconds);
    return false;
  }

  isIn(index, seconds) {
    const [start, end] = this.bounds[index];
    return seconds >= start && seconds <= end;
  }

  /**
   * Take new sounds of this recording at once, or when others are no longer played.
   *
   * @param {any[]} sounds
   * @param {number} index of their part
   */
  takeSounds(sounds, index) {
    const { engine } = this.player;
    this.pending = { sounds, index };
    const at = engine.position();
    const isPlayingOthers = engine.playing && (engine.band || engine.loop || !this.isIn(index, at));
    if (!isPlayingOthers) this.adopt();
    const { target } = this;
    if (!target || !this.isIn(index, target.seconds)) return;
    this.target = null;
    engine.seek(target.seconds);
    if (target.play) engine.play();
    target.then?.();
  }

  adopt() {
    const { player, pending } = this;
    const [start, end] = this.bounds[pending.index];
    this.pending = null;
    this.loaded = pending.index;
    player.baseIsStale = true;
    const wasAt = player.engine.position();
    player.engine.continueIn(pending.sounds, start, end, this.loaded === this.bounds.length - 1);
    if (!player.engine.playing) player.engine.pausedAt = wasAt;
  }
}
