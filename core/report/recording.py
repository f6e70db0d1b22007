"""One self-contained HTML file of a recording: picture, sounds, numbers, regions, settings.

It opens from disk or a mail attachment without a network; everything a user wrote is escaped.
"""

from __future__ import annotations

import dataclasses
import datetime
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from core.audio import wav_bytes
from core.exchange.found_regions import FoundRegions, write_regions
from core.explain.finding_sound import finding_clip
from core.explain.measured_sound import MeasuredSound
from core.report.finding_words import finding_details, finding_sentence, names_sentence
from core.report.page import (
    audio_html,
    data_url,
    figure_html,
    page,
    pairs_table,
    regions_table,
    sentences_list,
    views_table,
)
from core.report.pictures import finding_png, map_png
from core.report.summary_sentence import summary_sentence
from core.report.view_words import counts_words
from core.runtime.zip_entry import zip_entry
from core.types import LEVEL, AnomalyMap, Clip

if TYPE_CHECKING:
    from core.detectors.calibration.calibration import Calibration
    from core.detectors.detector import Detector
    from core.explain.explanation import Explanation

FAITHFULNESS = {
    "p": "Evidence that the recording is anomalous, from 0 to 1",
    "o": "… that its anomalous part alone is",
    "q": "… that the recording without that part is",
    "r": "… that it is with background in the gaps",
    "ff_v1_keep": "Faithfulness v1, keep (p − o)",
    "ff_v1_remove": "Faithfulness v1, remove (p − q)",
    "ff_v2": "Faithfulness v2 (p − r)",
}
CLOSING = (
    "A p-value is how often a normal recording that the model was not fitted on scored at least as "
    "high. A high score says that the recording differs from the normal ones the model was fitted "
    "on, not why."
)


def report_html(
    explanation: Explanation,
    settings: Mapping[str, object],
    *,
    threshold_note: str = "",
    warnings: Sequence[str] = (),
    further: Sequence[tuple[str, Clip]] = (),
    recorded_at: datetime.datetime | None = None,
    start_s: float = 0.0,
) -> str:
    """Write the report of one recording.

    Args:
        explanation: what was found
        settings: shown as they are, name and value
        threshold_note: where the threshold comes from, as `threshold_sentence` says it
        warnings: sentences on what to know of the recording before its score is trusted
        further: more sounds with their captions
        recorded_at: when the recording began, if that is known
        start_s: where the stretch that is explained begins in the recording

    Returns:
        An HTML file.
    """
    found = explanation.found
    sentence = escape(summary_sentence(found))
    picture = data_url("image/png", map_png(found, explanation.spectrogram.level_db))
    numbers = {
        "Score": f"{found.score:.4g}",
        "Threshold": f"{found.threshold:.4g}",
        "p-value": f"{found.p_value:.3g}",
        "Length": f"{explanation.clip.duration_seconds:.3f} s",
    }
    if recorded_at is not None:
        numbers["Recorded"] = recorded_at.isoformat(" ")
    if start_s:
        numbers["Stretch"] = (
            f"from {start_s:.3f} s of the recording on, which is 0 s here; the times in the files "
            "of regions count from the recording’s beginning"
        )
    numbers |= {
        FAITHFULNESS[key]: f"{value:.3f}" for key, value in explanation.faithfulness.items()
    }
    sounds = [
        ("The recording", explanation.clip),
        ("Its anomalous part alone", explanation.kept),
        ("The recording without that part", explanation.removed),
    ]
    if explanation.filled is not None:
        sounds.append(("… with background in the gaps", explanation.filled))
    sounds += further
    players = "".join(figure_html(title, clip.samples, clip.sample_rate) for title, clip in sounds)
    said = f'<p class="soft">{escape(threshold_note)}</p>' if threshold_note else ""
    views = f"<h2>What each view says</h2>{views_table(found)}" if found.views else ""
    body = f"""<h1>{escape(found.clip_name)}</h1>
<p class="verdict">{sentence}</p>
{findings_html(explanation)}
{sentences_list("warnings", warnings)}
<h2>The map</h2>
<img src="{picture}" alt="Anomaly map of {escape(found.clip_name)}. {sentence}">
<h2>Listen</h2>
<div class="sounds">{players}</div>
{views}
<h2>Regions</h2>
{regions_table(found)}
<h2>Numbers</h2>
{pairs_table(numbers)}
{said}
<p class="soft">Faithfulness asks whether the map shows what the score rests on: each sound goes
through the whole detector again. v1 leaves a gap where the anomalous part was, v2 fills it with
normal sound.</p>
<h2>Model</h2>
{pairs_table({name: str(value) for name, value in settings.items()})}
<p class="soft">{escape(CLOSING)}</p>"""
    return page(found.clip_name, body)


def findings_html(explanation: Explanation) -> str:
    """Write what makes a recording anomalous: sentences, each with its picture and its sound.

    Args:
        explanation: what was found

    Returns:
        HTML; empty where nothing was found.
    """
    drawn = explanation.spectrogram
    sound = MeasuredSound(drawn)
    items = []
    for finding in explanation.findings:
        said = finding_sentence(finding)
        picture = finding_png(drawn.level_db, drawn.freq_hz, drawn.time_s, finding.boxes)
        alone = finding_clip(finding, sound)
        items.append(
            f"<li><p>{escape(said)}</p><p class='soft'>{escape(finding_details(finding))}</p>"
            f'<img src="{data_url("image/png", picture)}" alt="{escape(said)}">'
            f"{audio_html(said, alone.samples, alone.sample_rate)}</li>"
        )
    if not items:
        return ""
    names = escape(names_sentence([one.name for one in explanation.names]))
    hint = f"<p>{names}</p>" if names else ""
    return f'<h2>Why</h2><ol class="findings">{"".join(items)}</ol>{hint}'


def threshold_sentence(calibration: Calibration, false_alarm_rate: float) -> str:
    """Say where the threshold comes from, and what it can promise.

    Args:
        calibration: scores of normal recordings
        false_alarm_rate: the rate that the threshold is for, between 0 and 1

    Returns:
        One or two sentences.
    """
    unseen = (
        "each scored by a fit without it" if calibration.cross_fitted else "left out of the fit"
    )
    said = (
        f"The threshold is what {100 * false_alarm_rate:.3g} of 100 normal recordings would "
        f"exceed, counted on {calibration.n_clips} clips of {calibration.n_groups} normal "
        f"recordings, {unseen}."
    )
    warning = calibration.warning(false_alarm_rate)
    return f"{said} {warning}" if warning else said


def model_description(detector: Detector) -> dict[str, object]:
    """Describe a model in words, for a report.

    Args:
        detector: the model

    Returns:
        Its head, backbone, layers and settings by name.
    """
    settings = {
        f"{detector.head_name}: {name}": ", ".join(value) if isinstance(value, tuple) else value
        for name, value in dataclasses.asdict(detector.settings).items()
    }
    level = {}
    if LEVEL in detector.view_scores.scores:
        level = {"Level": counts_words(detector.level_counts)}
    return {
        "Head": detector.head_name,
        "Backbone": f"{detector.backbone.name} (weights {detector.backbone.licence})",
        "Layers": ", ".join(detector.layers),
        "Fitted on": f"{detector.n_clips} recordings",
        "False-alarm rate": f"{detector.false_alarm_rate:.3g}",
        "Seed": detector.seed,
        **level,
        **settings,
    }


def report_files(
    explanation: Explanation,
    html: str,
    further: Mapping[str, Clip] | None = None,
    *,
    recorded_at: datetime.datetime | None = None,
    start_s: float = 0.0,
) -> dict[str, bytes]:
    """Make every file of an explanation: picture, map, sounds, numbers, regions, report.

    Args:
        explanation: what was found
        html: the report, as `report_html` gives it
        further: more sounds by their files' names
        recorded_at: when the recording began, if that is known
        start_s: where the explained stretch begins; map and regions count from the recording's
            beginning

    Returns:
        Content by file name.
    """
    found = later(explanation.found, start_s)
    regions = [FoundRegions(found.clip_name, found.regions, recorded_at)]
    numbers = json.dumps(explanation.faithfulness, indent=2, allow_nan=False)
    files = {
        "map.png": map_png(found, explanation.spectrogram.level_db),
        "map.npz": map_npz(found),
        "faithfulness.json": numbers.encode() + b"\n",
        "regions.csv": write_regions(regions),
        "regions.audacity.txt": write_regions(regions, "audacity"),
        "regions.selections.txt": write_regions(regions, "raven"),
        "report.html": html.encode(),
    }
    sounds = {
        "kept.wav": explanation.kept,
        "removed.wav": explanation.removed,
        "filled.wav": explanation.filled,
        **(further or {}),
    }
    for name, sound in sounds.items():
        if sound is not None:
            files[name] = wav_bytes(sound.samples, sound.sample_rate)
    return files


def later(found: AnomalyMap, seconds: float) -> AnomalyMap:
    """Move what was found in a stretch to the stretch's place in the recording.

    Args:
        found: the map of the stretch, on its own time
        seconds: where the stretch begins

    Returns:
        The map and its regions on the recording's time; words are as they were.
    """
    regions = tuple(
        dataclasses.replace(
            region,
            start_s=region.start_s + seconds,
            end_s=region.end_s + seconds,
            peak_s=region.peak_s + seconds,
        )
        for region in found.regions
    )
    return dataclasses.replace(found, regions=regions, time_s=found.time_s + seconds)


def map_npz(found: AnomalyMap) -> bytes:
    """Write a map as arrays.

    Args:
        found: the map

    Returns:
        An NPZ file of raw and probability [freq, time], freq_hz [freq] and time_s [time].
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **found.arrays)
    return buffer.getvalue()


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """Put files into one ZIP.

    Args:
        files: content by name

    Returns:
        The ZIP file.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zip_entry(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
