"""The level view: a clip's level and octave-band levels against those of the training clips.

No network, and every finding is a sentence that a sound-level meter could check: "9 dB louder than
any normal recording". It needs the same microphone at the same gain for every recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.detectors.views.background_subtraction import SILENT_DB, active_frames
from core.detectors.views.spectrogram_map import windows
from core.features.extractor import Features
from core.spectral.band_levels import FLOOR_DB, Band, band_power, decibel, octave_bands
from core.spectral.frequency_range import place_in_spectrum
from core.spectral.spectrogram import SpectrogramSettings
from core.types import FeatureMaps

# A machine before one microphone is no steadier than this from day to day; where the training
# clips are, a smaller spread would make every new clip anomalous.
SMALLEST_SPREAD_DB = 0.5
# The 10 % and 90 % quantiles of a normal distribution lie this many standard deviations apart.
QUANTILE_DISTANCE = 2.563


@dataclass(frozen=True, eq=False)
class LevelScores:
    """How far the levels of each stretch of a clip are from the training clips'.

    Band 0 is the whole spectrum.

    Attributes:
        stretches: [stretch], the largest size of `deviations`; the clip's score is the largest.
        deviations: [band, stretch], distance from the training clips' median in units of their
            spread, negative where quieter.
        change_db: [band, stretch], distance from their median, negative where quieter.
        beyond_db: [band, stretch], dB above their highest, or (negative) below their lowest; 0
            within their range.
        levels_db: [band, stretch].
        columns: first and last frame of each stretch.
    """

    stretches: Tensor
    deviations: Tensor
    change_db: Tensor
    beyond_db: Tensor
    levels_db: Tensor
    columns: list[tuple[int, int]]

    @property
    def typical_db(self) -> tuple[float, ...]:
        """The median over the stretches, band by band."""
        return tuple(self.levels_db.quantile(0.5, dim=1).tolist())


@dataclass(frozen=True)
class LevelFinding:
    """What the level view found most unlike the training clips, and where.

    Attributes:
        first_frame: of the stretch.
        stop_frame: the frame after its last.
        band: the rows and frequencies; all of them where `whole`.
        whole: whether the level has changed alike at all frequencies.
        level_db: the level there.
        change_db: against the training clips' median, negative where quieter.
        beyond_db: beyond the training clips' range, negative where below it; 0 within it.
        quietest_db: the lowest level of the training clips there.
        spectrum_hz: the edges of the whole spectrum.
    """

    first_frame: int
    stop_frame: int
    band: Band
    whole: bool
    level_db: float
    change_db: float
    beyond_db: float
    quietest_db: float
    spectrum_hz: tuple[float, float]

    @property
    def words(self) -> str:
        """The finding as a clause, such as “9 dB louder than any normal recording”."""
        if self.whole and self.level_db <= FLOOR_DB < self.quietest_db:
            quietest = f"{self.quietest_db:.0f} dB".replace("-", "−")
            return f"silent most of the time (the quietest normal recording has {quietest})"
        decibels = self.beyond_db or self.change_db
        amount = f"{abs(decibels):.0f} dB" if abs(decibels) >= 0.5 else "less than 1 dB"
        side = "louder" if decibels > 0 else "quieter"
        whom = "any normal recording" if self.beyond_db else "normal recordings usually are"
        place = place_in_spectrum(self.band.low_hz, self.band.high_hz, self.spectrum_hz)
        return f"{amount} {side} than {whom}{'' if self.whole else f' {place}'}"


class LevelView:
    """Holds each training clip's levels in dB: [clip, band], of which band 0 is the whole spectrum.

    Costs 8 bytes a band and training clip.

    Args:
        spectrogram_settings: the front end.
    """

    def __init__(self, spectrogram_settings: SpectrogramSettings) -> None:
        self._spectrogram_settings = spectrogram_settings
        octaves = octave_bands(spectrogram_settings)
        whole = Band(0, octaves[-1].stop_row, octaves[0].low_hz, octaves[-1].high_hz)
        self.bands = (whole, *octaves)
        self.memory = torch.empty(0)

    def fit(self, features: Features) -> None:
        """Measure these clips; a long one gives the levels of each segment.

        Args:
            features: of normal clips.
        """
        self.use(torch.stack([self.levels(maps.log_mel) for maps in features.segments()]))

    def use(self, memory: Tensor) -> None:
        """Compare with these levels from now on.

        Args:
            memory: [clip, band], in dB.
        """
        self.memory = memory
        # One spoilt clip of ten or more does not widen the spread.
        low, self._median, high = memory.quantile(
            torch.tensor([0.1, 0.5, 0.9], dtype=memory.dtype), dim=0
        )
        spread = (high - low) / QUANTILE_DISTANCE
        self._spread = (spread.square() + SMALLEST_SPREAD_DB**2).sqrt()

    def levels(self, log_mel: Tensor) -> Tensor:
        """Measure the level of a stretch of sound in its typical second.

        The median of one-second mean powers, over active time: an event that lasts a second of five
        does not move it, and strokes that come back every second count. A band more than 60 dB
        below the whole is given as 60 dB below it: what is there is leakage and rounding.

        The score's AUROC on MIMII with levels kept, and on folds 1-3 of ESC-10, one class against
        the others: 70 and 81; with the median over frames 65 and 86; with the mean power 71 and 84,
        but an event added at 6 dB moves a band by 11 dB then, by 8 here.

        Args:
            log_mel: [freq, time].

        Returns:
            [band], in dB below full scale; `FLOOR_DB` for silence.
        """
        power = band_power(log_mel.cpu(), self._spectrogram_settings, self.bands)
        power = power[:, active_frames(power[1:])]
        seconds = power.shape[1] * self._spectrogram_settings.hop_seconds
        parts = power.tensor_split(max(1, round(seconds)), dim=1)
        typical = torch.stack([part.mean(dim=1) for part in parts]).quantile(0.5, dim=0)
        levels = decibel(typical)
        return levels.maximum(levels[0] - SILENT_DB)

    def collect(
        self,
        maps: FeatureMaps,
        window_seconds: float,
        gathered: list[tuple[Tensor, tuple[int, int]]],
    ) -> None:
        """Append the levels of each window of a segment, and where it lies.

        Args:
            maps: the segment.
            window_seconds: length of a window.
            gathered: is appended to: [band], and first and last frame of each window.
        """
        window = max(1, round(window_seconds / self._spectrogram_settings.hop_seconds))
        first = gathered[-1][1][1] if gathered else 0
        for start, stop in windows(maps.log_mel.shape[1], window):
            levels = self.levels(maps.log_mel[:, start:stop])
            gathered.append((levels, (first + start, first + stop)))

    def compare(self, gathered: Sequence[tuple[Tensor, tuple[int, int]]]) -> LevelScores:
        """Measure how far what `collect` gathered is from the training clips' levels.

        Args:
            gathered: the windows' levels, and where they lie.

        Returns:
            The distances.
        """
        levels = torch.stack([of_window for of_window, _ in gathered])
        change = levels - self._median
        above = (levels - self.memory.amax(dim=0)).clamp(min=0.0)
        below = (levels - self.memory.amin(dim=0)).clamp(max=0.0)
        deviations = change / self._spread
        return LevelScores(
            stretches=deviations.abs().amax(dim=1),
            deviations=deviations.T,
            change_db=change.T,
            beyond_db=(above + below).T,
            levels_db=levels.T,
            columns=[columns for _, columns in gathered],
        )

    def finding(self, scores: LevelScores) -> LevelFinding:
        """Find where the levels of a clip are most unlike the training clips'.

        The band with the largest deviation, with those beside it that changed the same way by at
        least half as much; the whole spectrum where these are all bands.

        Args:
            scores: the clip's, from `compare`.

        Returns:
            The finding.
        """
        stretch = int(scores.stretches.argmax())
        band = int(scores.deviations[:, stretch].abs().argmax())
        change = scores.change_db[:, stretch]
        alike = change * change[band].sign() >= change[band].abs() / 2.0
        first, last = (band, band) if band else (1, len(self.bands) - 1)
        while first > 1 and alike[first - 1]:
            first -= 1
        while last < len(self.bands) - 1 and alike[last + 1]:
            last += 1
        silent = bool(scores.levels_db[0, stretch] <= FLOOR_DB)
        if silent:
            first, last = 1, len(self.bands) - 1
        whole = (first, last) == (1, len(self.bands) - 1)
        at = 0 if whole else band
        low, high = self.bands[first], self.bands[last]
        return LevelFinding(
            first_frame=scores.columns[stretch][0],
            stop_frame=scores.columns[stretch][1],
            band=Band(low.first_row, high.stop_row, low.low_hz, high.high_hz),
            whole=whole,
            level_db=float(scores.levels_db[at, stretch]),
            change_db=float(change[at]),
            beyond_db=float(scores.beyond_db[at, stretch]),
            quietest_db=float(self.memory[:, at].min()),
            spectrum_hz=(self.bands[0].low_hz, self.bands[0].high_hz),
        )
