"""What makes a recording anomalous, as up to three findings with measured numbers.

The map says where; what is there is measured from the samples: how far it stands above the
recording's own background, how its level compares with the normal recordings', whether it is a
tone, and how many normal recordings have as much.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from core.detectors.views.normal_spectrum import (
    QUANTILES,
    NormalSpectra,
    RowLevels,
    decibels,
    moment_power,
    summed_db,
)
from core.explain.finding import (
    BAND,
    BURST,
    CHANGE,
    GAP,
    HUM,
    LEVEL_KIND,
    MOTION,
    SILENCE,
    TIMBRE,
    TONE,
    Finding,
    Normals,
)
from core.explain.measured_sound import (
    EVENT_FFT_SECONDS,
    HUM_FFT_SECONDS,
    MeasuredSound,
    average_spectrum,
)
from core.explain.tones import HARMONIC_TOLERANCE, Tone, find_tone
from core.spectral.band_levels import FLOOR_DB
from core.types import LEVEL, STATIONARY, AnomalyMap, Box, Float64Array, Region

MOST_FINDINGS, MOST_LASTING = 3, 2
# Weaker regions are hardly ever among the three, and each costs a spectrum.
MOST_MEASURED = 24
# Of the strongest region's distance from the threshold; weaker ones explain nothing beside it.
LEAST_SHARE = 0.2
# Less than this is no difference that anybody hears, or that the rows measure.
AUDIBLE_DB = 3.0
# What lies beyond the range of normal recordings by less is no finding: of 5 to 95 % one normal
# recording in ten lies a little outside in any row.
BEYOND_DB = 2.0
THROUGHOUT = 0.9
# What stands out for more of the time fluctuates.
SELDOM = 0.2
# Events in bands that share this much of their octaves are one finding.
SAME_BAND = 0.4
HIGHEST_HARMONIC = 16
# A partial that is too weak for a tone of its own raises no more rows than this.
PARTIAL_OCTAVES = 0.4


def findings(
    found: AnomalyMap, sound: MeasuredSound, normals: NormalSpectra | None
) -> tuple[Finding, ...]:
    """Find what makes a recording anomalous.

    Events of one kind in one band are one finding, and so are the harmonics of one tone. Costs
    about 30 ms for 5 s of sound and three regions.

    Args:
        found: the recording's map.
        sound: the recording, or the part of it that is looked at.
        normals: the spectra of the model's normal recordings; None of models fitted before 0.2.0.

    Returns:
        At most three, the one with the strongest region first; none of a normal recording, or
        where the part has no region.
    """
    if not found.anomalous:
        return ()
    seconds = float(found.time_s[-1] - found.time_s[0])
    made: list[Finding] = []
    least = found.threshold + LEAST_SHARE * (found.score - found.threshold)
    here = (inside for one in found.regions if (inside := _cut(one, sound)))
    for region in islice(here, MOST_MEASURED):
        if region.score < least and made:
            break
        if region.view == LEVEL:
            words = next((one.words for one in found.views if one.view == LEVEL), "")
            made.append(_level(region, sound, normals, words))
        elif region.view == STATIONARY or region.end_s - region.start_s >= THROUGHOUT * seconds:
            made += _lasting(region, sound, normals)
        else:
            made.append(_event(region, sound, normals))
    # Not stable by chance: findings of one region keep the order in which they were made.
    return tuple(sorted(_joined(made), key=lambda one: -one.score)[:MOST_FINDINGS])


def _cut(region: Region, sound: MeasuredSound) -> Region | None:
    # The region within the part, if its peak is there.
    if not sound.start_s - sound.hop_seconds <= region.peak_s <= sound.stop_s:
        return None
    start, end = max(region.start_s, sound.start_s), min(region.end_s, sound.stop_s)
    if start >= end:
        start, end = max(sound.start_s, end - sound.hop_seconds), end
    return dataclasses.replace(region, start_s=start, end_s=end)


# Events


def _event(region: Region, sound: MeasuredSound, normals: NormalSpectra | None) -> Finding:
    rows, columns = sound.rows(region), np.flatnonzero(sound.columns(region))
    moments, background_db = _moments(sound, rows)
    if float(np.ptp(moments[columns])) >= AUDIBLE_DB:
        # The region's rows that take part in it: a network's regions are wider than their sounds.
        rows = _taking_part(sound, rows, columns)
        moments, background_db = _moments(sound, rows)
    loudest = int(columns[moments[columns].argmax()])
    quietest = int(columns[moments[columns].argmin()])
    rise, fall = moments[loudest] - background_db, moments[quietest] - background_db
    is_gap = fall <= -AUDIBLE_DB and -fall > rise
    at = quietest if is_gap else loudest
    kind = GAP if is_gap else BURST if rise >= AUDIBLE_DB else CHANGE
    first, stop = _extent(moments - background_db, at)
    seconds = sound.hop_seconds * (stop - first)
    level_db = float(moments[at])
    box = _row_box(region, _span(rows), sound)
    tone = _tone_of_event(box, sound, float(sound.time_s[at]), seconds) if kind == BURST else None
    middle_s = float((sound.time_s[first] + sound.time_s[stop - 1]) / 2)
    return Finding(
        kind=TONE if tone else kind,
        boxes=(box,),
        moments_s=(min(max(middle_s, region.start_s), region.end_s),),
        low_hz=box.low_hz,
        high_hz=box.high_hz,
        throughout=False,
        score=region.score,
        level_db=level_db,
        background_db=background_db,
        normals=_normals_of_event(normals, rows, level_db - background_db),
        tone_hz=tone.hz if tone else None,
        has_harmonics=bool(tone and len(tone.partials_hz) > 1),
    )


def _moments(sound: MeasuredSound, rows: NDArray[np.bool_]) -> tuple[Float64Array, float]:
    # The level of a band in moments, and the background's.
    moments = decibels(moment_power(sound.power[rows].sum(axis=0), sound.hop_seconds))
    return moments, float(np.median(moments[sound.active]))


def _taking_part(
    sound: MeasuredSound, rows: NDArray[np.bool_], columns: NDArray[np.int64]
) -> NDArray[np.bool_]:
    # From the lowest to the highest row whose mean power in the region is half as far, in dB, from
    # its background as that of the farthest row: a sweep is in none of its rows for long.
    moments = moment_power(sound.power[rows], sound.hop_seconds)
    background_db = decibels(np.median(moments[:, sound.active], axis=1))
    change = decibels(moments[:, columns].mean(axis=1)) - background_db
    change = np.abs(uniform_filter1d(change, 3, mode="nearest"))
    reach = np.flatnonzero(change >= change.max() / 2)
    inside = np.flatnonzero(rows)
    taking = np.zeros_like(rows)
    taking[inside[reach[0]] : inside[reach[-1]] + 1] = True
    return taking


def _span(rows: NDArray[np.bool_]) -> slice:
    inside = np.flatnonzero(rows)
    return slice(int(inside[0]), int(inside[-1]) + 1)


def _extent(rise_db: Float64Array, at: int) -> tuple[int, int]:
    # The first column around one that reaches half of its distance from the background, and the
    # one after the last.
    reach = rise_db / rise_db[at] >= 0.5 if rise_db[at] else np.arange(rise_db.size) == at
    before = np.flatnonzero(~reach[:at])
    after = np.flatnonzero(~reach[at:])
    first = int(before[-1]) + 1 if before.size else 0
    return first, at + int(after[0]) if after.size else rise_db.size


def _tone_of_event(box: Box, sound: MeasuredSound, at_s: float, seconds: float) -> Tone | None:
    # In what the event adds to the recording's typical spectrum.
    half = max(seconds, EVENT_FFT_SECONDS) / 2
    around, rate = sound.samples(at_s - half, at_s + half), sound.spectrogram.clip.sample_rate
    bin_hz, power = average_spectrum(around, rate, EVENT_FFT_SECONDS, "mean")
    if power.size == 0:
        return None
    added = np.maximum(power - sound.typical_spectrum, 0.0)
    return find_tone(added, bin_hz, box.low_hz / np.sqrt(2.0), box.high_hz * np.sqrt(2.0))


def _normals_of_event(
    normals: NormalSpectra | None, rows: NDArray[np.bool_], above_db: float
) -> Normals | None:
    if normals is None:
        return None
    is_gap = above_db < 0
    alike = normals.fall_in(rows) <= above_db if is_gap else normals.rise_in(rows) >= above_db
    return _normals(normals.level_in(rows), alike)


def _normals(values: Float64Array, alike: NDArray[np.bool_]) -> Normals:
    low, median, high = np.quantile(values, QUANTILES)
    return Normals(values.size, int(alike.sum()), float(low), float(median), float(high))


# What lasts


def _level(
    region: Region, sound: MeasuredSound, normals: NormalSpectra | None, words: str
) -> Finding:
    rows = sound.rows(region)
    power = sound.power[rows][:, sound.columns(region)].sum(axis=0)
    level_db = float(decibels(power.mean()))
    found = None
    if normals is not None:
        values = normals.level_in(rows)
        is_above = level_db >= float(np.median(values))
        found = _normals(values, values >= level_db if is_above else values <= level_db)
    return dataclasses.replace(
        _steady(LEVEL_KIND, region, region, sound, level_db, found), words=words
    )


def _lasting(region: Region, sound: MeasuredSound, normals: NormalSpectra | None) -> list[Finding]:
    columns = sound.columns(region)
    power = sound.power[:, columns]
    here = RowLevels.of(power, sound.hop_seconds)
    own_db = float(summed_db(here.background_db[sound.rows(region)]))
    if float(decibels(power.sum(axis=0).mean())) <= FLOOR_DB + 1.0:
        return [_steady(SILENCE, region, region, sound, own_db, None)]
    if normals is None:
        return [_steady(TIMBRE, region, region, sound, own_db, None)]
    low, _, high = np.quantile(normals.background_db, QUANTILES, axis=0)
    stretch, rate = sound.samples(region.start_s, region.end_s), sound.spectrogram.clip.sample_rate
    spectrum = average_spectrum(stretch, rate, HUM_FFT_SECONDS, "median")
    made = []
    for sign, beyond in ((1, here.background_db - high), (-1, low - here.background_db)):
        for rows in _runs(beyond > BEYOND_DB):
            level_db = float(summed_db(here.background_db[rows]))
            values = normals.background_in(rows)
            alike = values >= level_db if sign > 0 else values <= level_db
            box = _row_box(region, rows, sound)
            one = _steady(BAND, region, box, sound, level_db, _normals(values, alike))
            made.append(_as_hum(one, *spectrum) if sign > 0 else one)
    if made:
        strongest_first = sorted(_harmonic_hums(made), key=lambda one: -abs(one.beyond_db or 0.0))
        return strongest_first[:MOST_LASTING]
    return _motion_or_timbre(region, sound, here, normals, own_db)


def _motion_or_timbre(
    region: Region, sound: MeasuredSound, here: RowLevels, normals: NormalSpectra, own_db: float
) -> list[Finding]:
    rows = sound.rows(region)
    loudest_db = float(summed_db((here.background_db + here.rise_db)[rows]))
    rises = normals.rise_in(rows)
    rise_db = loudest_db - own_db
    alike = rises >= rise_db if rise_db >= float(np.median(rises)) else rises <= rise_db
    usual = _normals(rises, alike)
    if rise_db > usual.high_db + BEYOND_DB and (events := _events_in(region, sound, normals)):
        return events
    if not usual.low_db - BEYOND_DB <= rise_db <= usual.high_db + BEYOND_DB:
        moving = _steady(MOTION, region, region, sound, loudest_db, usual)
        return [dataclasses.replace(moving, background_db=own_db)]
    values = normals.background_in(rows)
    level = _normals(values, np.zeros(values.size, np.bool_))
    return [_steady(TIMBRE, region, region, sound, own_db, level)]


def _events_in(region: Region, sound: MeasuredSound, normals: NormalSpectra) -> list[Finding]:
    # What stands out for a few moments, though the whole was found to differ; none where it
    # fluctuates all the time.
    columns = sound.columns(region)
    moments, background_db = _moments(sound, sound.rows(region))
    rise_db = np.where(columns, moments - background_db, 0.0)
    out = rise_db >= rise_db.max() / 2
    if not out.any() or out.sum() > SELDOM * columns.sum():
        return []
    half_s = sound.hop_seconds / 2
    events = [
        dataclasses.replace(
            region,
            start_s=max(float(sound.time_s[run.start]) - half_s, sound.start_s),
            end_s=min(float(sound.time_s[run.stop - 1]) + half_s, sound.stop_s),
        )
        for run in _runs(out)
    ]
    return [_event(event, sound, normals) for event in events]


def _as_hum(band: Finding, bin_hz: float, power: Float64Array) -> Finding:
    # A band that consists of a tone, or of a tone and its harmonics, is a hum.
    tone = find_tone(power, bin_hz, band.low_hz, band.high_hz) if power.size else None
    if tone is None:
        return band
    has_harmonics = len(tone.partials_hz) > 1
    return dataclasses.replace(band, kind=HUM, tone_hz=tone.hz, has_harmonics=has_harmonics)


def _harmonic_hums(made: Sequence[Finding]) -> list[Finding]:
    # Hums whose tones are multiples of the lowest one's, and narrow bands around such multiples,
    # are one finding, the farthest beyond.
    hums = sorted((one for one in made if one.kind == HUM), key=lambda one: one.tone_hz or 0.0)
    others = [one for one in made if one.kind != HUM]
    joined = []
    while hums:
        first, *rest = hums
        series = [one for one in rest if _is_harmonic(one.tone_hz, first.tone_hz)]
        hums = [one for one in rest if one not in series]
        partials = [one for one in others if _holds_harmonic(one, first.tone_hz)]
        others = [one for one in others if one not in partials]
        if series or partials:
            strongest = max((first, *series), key=lambda one: one.beyond_db or 0.0)
            boxes = (first.boxes[0], *(one.boxes[0] for one in (*series, *partials)))
            first = dataclasses.replace(
                strongest,
                boxes=boxes,
                moments_s=first.moments_s * len(boxes),
                tone_hz=first.tone_hz,
                has_harmonics=True,
            )
        joined.append(first)
    return joined + others


def _holds_harmonic(band: Finding, fundamental_hz: float | None) -> bool:
    # Whether a band that is no wider than a partial's rows lies around a multiple.
    if not fundamental_hz or (band.beyond_db or 0.0) < 0.0:
        return False
    if _octaves(band.low_hz, band.high_hz) > PARTIAL_OCTAVES:
        return False
    order = int(band.high_hz / fundamental_hz)
    return 2 <= order <= HIGHEST_HARMONIC and band.low_hz <= order * fundamental_hz


def _is_harmonic(hz: float | None, fundamental_hz: float | None) -> bool:
    if not hz or not fundamental_hz:
        return False
    order = round(hz / fundamental_hz)
    near = abs(hz / fundamental_hz - order) <= HARMONIC_TOLERANCE * max(1, order) / 2
    return 2 <= order <= HIGHEST_HARMONIC and near


def _steady(
    kind: str,
    region: Region,
    box: Box,
    sound: MeasuredSound,
    level_db: float,
    normals: Normals | None,
) -> Finding:
    throughout = region.end_s - region.start_s >= THROUGHOUT * (sound.stop_s - sound.start_s)
    return Finding(
        kind=kind,
        boxes=(_box(box),),
        moments_s=(region.peak_s,),
        low_hz=box.low_hz,
        high_hz=box.high_hz,
        throughout=throughout,
        score=region.score,
        level_db=level_db,
        background_db=level_db,
        normals=normals,
    )


def _row_box(region: Region, rows: slice, sound: MeasuredSound) -> Box:
    freq_hz = sound.spectrogram.freq_hz
    settings = sound.spectrogram.settings
    borders = [settings.f_min_hz, *(freq_hz[1:] + freq_hz[:-1]) / 2, settings.f_max_hz]
    return Box(region.start_s, region.end_s, float(borders[rows.start]), float(borders[rows.stop]))


def _runs(beyond: NDArray[np.bool_]) -> list[slice]:
    changes = np.flatnonzero(np.diff(np.concatenate([[False], beyond, [False]])))
    return [
        slice(int(first), int(stop))
        for first, stop in zip(changes[::2], changes[1::2], strict=True)
    ]


# One finding of several


def _joined(made: Sequence[Finding]) -> list[Finding]:
    # What is one thing: events of one kind in one band, and one tone's harmonics.
    joined: list[Finding] = []
    for one in made:
        same = next((i for i, other in enumerate(joined) if _is_one_thing(other, one)), None)
        if same is None:
            joined.append(one)
        else:
            joined[same] = _both(joined[same], one)
    return joined


def _is_one_thing(first: Finding, second: Finding) -> bool:
    sounds = {first.kind, second.kind} <= {BURST, TONE}
    if not sounds and (first.kind != second.kind or first.kind == LEVEL_KIND):
        return False
    if first.tone_hz and second.tone_hz:
        ratio = max(first.tone_hz, second.tone_hz) / min(first.tone_hz, second.tone_hz)
        return abs(ratio - 1.0) <= HARMONIC_TOLERANCE or _is_harmonic(ratio, 1.0)
    shared = _octaves(max(first.low_hz, second.low_hz), min(first.high_hz, second.high_hz))
    together = _octaves(min(first.low_hz, second.low_hz), max(first.high_hz, second.high_hz))
    return shared >= SAME_BAND * together


def _octaves(low_hz: float, high_hz: float) -> float:
    return float(np.log2(max(high_hz, 1.0) / max(low_hz, 1.0))) if high_hz > low_hz else 0.0


def _both(first: Finding, second: Finding) -> Finding:
    # The first, which has the stronger region, with what the second adds.
    pairs = sorted(
        zip((*first.boxes, *second.boxes), (*first.moments_s, *second.moments_s), strict=True),
        key=lambda pair: (pair[0].start_s, pair[0].low_hz),
    )
    stronger: Callable[[Finding], float] = lambda one: abs(one.above_background_db)  # noqa: E731
    strongest = max(first, second, key=stronger)
    tones = [one.tone_hz for one in (first, second) if one.tone_hz]
    return dataclasses.replace(
        strongest,
        boxes=tuple(box for box, _ in pairs),
        moments_s=tuple(moment for _, moment in pairs),
        score=first.score,
        kind=first.kind if first.kind == second.kind else BURST,
        tone_hz=min(tones) if len(tones) == 2 else None,
        has_harmonics=len(tones) == 2
        and (first.has_harmonics or second.has_harmonics or max(tones) > 1.5 * min(tones)),
    )


def _box(box: Box) -> Box:
    return Box(box.start_s, box.end_s, box.low_hz, box.high_hz)
