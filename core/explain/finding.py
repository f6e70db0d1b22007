"""A finding: one thing that makes a recording anomalous, with what was measured of it."""

from __future__ import annotations

from dataclasses import dataclass

from core.types import Box

# What stands out of a recording's own background, for a moment.
BURST, TONE, GAP, CHANGE = "burst", "tone", "gap", "change"
# What lasts: a tone, a band that is louder or quieter, its movement, its make-up, none at all.
HUM, BAND, MOTION, TIMBRE, SILENCE = "hum", "band", "motion", "timbre", "silence"
# What the level view says, in its words.
LEVEL_KIND = "level"


@dataclass(frozen=True)
class Normals:
    """What the normal recordings have where a finding lies.

    Of `MOTION` the levels are how far their loudest moments stand above their backgrounds.

    Attributes:
        n_clips: how many there are.
        n_alike: how many of them have such a thing as strong; at most, where it is a moment.
        low_db: the 5 % quantile of their levels in the band.
        median_db: the median of these.
        high_db: the 95 % quantile of these.
    """

    n_clips: int
    n_alike: int
    low_db: float
    median_db: float
    high_db: float


@dataclass(frozen=True)
class Finding:
    """One thing that makes a recording anomalous. Levels are in dB below full scale.

    Attributes:
        kind: one of the kinds above.
        boxes: where it is, in the order of time; what is played and drawn.
        moments_s: when it is strongest in each box.
        low_hz: the lower edge of its band.
        high_hz: the upper edge of its band.
        throughout: whether it lasts from beginning to end.
        score: of its strongest region.
        level_db: of its strongest moment in the band, or of the band throughout.
        background_db: of this recording in the band, the median over time.
        normals: what the normal recordings have there; None where the model does not know.
        tone_hz: of a tone, the fundamental; None where it is no tone.
        has_harmonics: whether the tone has harmonics.
        words: what the level view says of it.
    """

    kind: str
    boxes: tuple[Box, ...]
    moments_s: tuple[float, ...]
    low_hz: float
    high_hz: float
    throughout: bool
    score: float
    level_db: float
    background_db: float
    normals: Normals | None = None
    tone_hz: float | None = None
    has_harmonics: bool = False
    words: str = ""

    @property
    def above_background_db(self) -> float:
        """How far its strongest moment stands above the background, negative where below."""
        return self.level_db - self.background_db

    @property
    def seconds(self) -> float:
        """How long the longest of its boxes lasts."""
        return max(box.end_s - box.start_s for box in self.boxes)

    @property
    def beyond_db(self) -> float | None:
        """How far its level lies beyond the normal recordings' 5 to 95 % range; 0 within it."""
        if self.normals is None:
            return None
        above = max(self.level_db - self.normals.high_db, 0.0)
        return above + min(self.level_db - self.normals.low_db, 0.0)
