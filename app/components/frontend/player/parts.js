// A long clip comes in parts; parts.py describes them. The picture may be one part's and the sound
// another's: what plays is never cut because somebody looks elsewhere.

// How long before its end the part that plays asks for the next.
const ASK_SECONDS = 10;

export class Parts {
  constructor(player) {
    this.player = player;
    this.bounds = []; // [start, end] of each; empty for a clip that came whole
    this.score = null; // over the whole clip
    this.shown = 0; // the part whose picture is here
    this.heard = 0; // the part whose sounds are in use
    this.asked = null;
    this.pending = null; // sounds that came while others play: {sounds, index}
    this.target = null; // {seconds, play, then}: what to do when its part is here
  }

  get isLong() {
    return this.bounds.length > 1;
  }

  /** The part whose middle is nearest, as index_at says. */
  at(seconds) {
    const far = this.bounds.map(([start, end]) => Math.abs((start + end) / 2 - seconds));
    return far.indexOf(Math.min(...far));
  }

  ask(index) {
    const { player } = this;
    if (index < 0 || index >= this.bounds.length || index === this.asked) return;
    this.asked = index;
    player.setStateValue("part", { clip: player.clip, index });
    player.refresh();
  }

  /** While it plays: the next part is asked for in time. */
  askAhead(seconds) {
    const { engine } = this.player;
    if (!this.isLong || engine.loop || engine.band || this.heard + 1 >= this.bounds.length) return;
    if (seconds < engine.end - ASK_SECONDS) return;
    if (this.pending?.index === this.heard + 1) this.adopt();
    else this.ask(this.heard + 1);
  }

  /** Somebody moved the picture against its edge: -1 to what is before, 1 to what comes after. */
  askBeside(direction) {
    if (!this.isLong || !direction) return;
    const { view } = this.player;
    const { startSeconds, endSeconds } = view.picture;
    const isAtEdge = direction > 0 ? view.end >= endSeconds - 1e-6 : view.start <= startSeconds + 1e-6;
    if (isAtEdge) this.ask(this.shown + direction);
  }

  /** Whether a time can be heard now; if not, its part is asked for and `then` follows. */
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
    const index = this.at(seconds);
    if (index === this.shown) this.asked = null;
    this.ask(index);
    return false;
  }

  isIn(index, seconds) {
    const [start, end] = this.bounds[index];
    return seconds >= start && seconds <= end;
  }

  /** New sounds of this clip: they take over, or wait while others are heard. */
  takeSounds(sounds, index) {
    const { engine } = this.player;
    this.pending = { sounds, index };
    const at = engine.position();
    const isHeardElsewhere = engine.playing && (engine.band || engine.loop || !this.isIn(index, at));
    if (!isHeardElsewhere) this.adopt();
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
    this.heard = pending.index;
    const wasAt = player.engine.position();
    player.engine.continueIn(pending.sounds, start, end, this.heard === this.bounds.length - 1);
    if (!player.engine.playing) player.engine.pausedAt = wasAt;
  }
}
