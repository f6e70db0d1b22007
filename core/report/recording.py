"""One self-contained HTML file of a clip: picture, sounds, numbers, regions, settings.

It opens from disk or a mail attachment without a network; everything a user wrote is escaped.
"""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from core.audio import wav_bytes
from core.explain.explanation import Explanation
from core.report.page import data_url, figure, page, pairs, regions_table
from core.report.pictures import map_png
from core.report.summary_sentence import summary_sentence
from core.types import AnomalyMap, Clip

if TYPE_CHECKING:
    from core.detectors.calibration.calibration import Calibration
    from core.detectors.detector import Detector

FAITHFULNESS = {
    "p": "Evidence against the clip, from 0 to 1",
    "o": "… against the unlike part alone",
    "q": "… against the rest",
    "r": "… against the rest with background in the gaps",
    "ff_v1_keep": "Faithfulness v1, keep (p − o)",
    "ff_v1_remove": "Faithfulness v1, remove (p − q)",
    "ff_v2": "Faithfulness v2 (p − r)",
}
CLOSING = (
    "A p-value is how often a held-out normal recording scored at least as high. A high score "
    "says that the clip is unlike the normal recordings the model was fitted on, not why."
)


def report_html(
    explanation: Explanation,
    settings: Mapping[str, object],
    *,
    threshold_said: str = "",
    further: Sequence[tuple[str, Clip]] = (),
) -> str:
    """The report; `settings` are shown as they are, name and value.

    `threshold_said` is `threshold_sentence`'s, `further` more sounds with their titles.
    """
    found = explanation.found
    sentence = escape(summary_sentence(found))
    picture = data_url("image/png", map_png(found, explanation.spectrogram.level_db))
    numbers = {
        "Score": f"{found.score:.4g}",
        "Threshold": f"{found.threshold:.4g}",
        "p-value": f"{found.p_value:.3g}",
        "Length": f"{explanation.clip.duration_seconds:.2f} s",
    }
    numbers |= {
        FAITHFULNESS[key]: f"{value:.3f}" for key, value in explanation.faithfulness.items()
    }
    sounds = [
        ("The clip", explanation.clip),
        ("The unlike part alone", explanation.kept),
        ("The rest", explanation.removed),
    ]
    if explanation.filled is not None:
        sounds.append(("The rest, background in the gaps", explanation.filled))
    sounds += further
    players = "".join(figure(title, clip.samples, clip.sample_rate) for title, clip in sounds)
    said = f'<p class="soft">{escape(threshold_said)}</p>' if threshold_said else ""
    body = f"""<h1>{escape(found.clip_name)}</h1>
<p class="verdict">{sentence}</p>
<img src="{picture}" alt="Anomaly map of {escape(found.clip_name)}. {sentence}">
<h2>Listen</h2>
<div class="sounds">{players}</div>
<h2>Regions</h2>
{regions_table(found.regions)}
<h2>Numbers</h2>
{pairs(numbers)}
{said}
<p class="soft">Faithfulness asks whether the map shows what the detector heard: each sound goes
through the whole detector again. v1 leaves a gap where the unlike part was, v2 fills it with normal
sound.</p>
<h2>Model</h2>
{pairs({name: str(value) for name, value in settings.items()})}
<p class="soft">{escape(CLOSING)}</p>"""
    return page(found.clip_name, body)


def threshold_sentence(calibration: Calibration, false_alarm_rate: float) -> str:
    """Where the threshold comes from, and what it can promise."""
    kind = "cross-fitted" if calibration.cross_fitted else "held-out"
    said = (
        f"The threshold is what {false_alarm_rate:.3g} of normal recordings would exceed, counted "
        f"on {calibration.n_clips} {kind} clips of {calibration.n_groups} normal recordings."
    )
    warning = calibration.warning(false_alarm_rate)
    return f"{said} {warning}" if warning else said


def described(detector: Detector) -> dict[str, object]:
    """The model in words, for the report."""
    settings = {
        f"{detector.head_name}: {name}": ", ".join(value) if isinstance(value, tuple) else value
        for name, value in dataclasses.asdict(detector.settings).items()
    }
    return {
        "Head": detector.head_name,
        "Backbone": f"{detector.backbone.name} (weights {detector.backbone.licence})",
        "Layers": ", ".join(detector.layers),
        "Fitted on": f"{detector.n_clips} clips",
        "False-alarm rate": f"{detector.false_alarm_rate:.3g}",
        "Seed": detector.seed,
        **settings,
    }


def report_files(
    explanation: Explanation, html: str, further: Mapping[str, Clip] | None = None
) -> dict[str, bytes]:
    """Every file of an explanation by its name: picture, map, sounds, numbers, report."""
    found = explanation.found
    numbers = json.dumps(explanation.faithfulness, indent=2, allow_nan=False)
    files = {
        "map.png": map_png(found, explanation.spectrogram.level_db),
        "map.npz": map_npz(found),
        "faithfulness.json": numbers.encode() + b"\n",
        "regions.csv": regions_csv(found),
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


def map_npz(found: AnomalyMap) -> bytes:
    """The map as arrays: raw, probability, freq_hz and time_s."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        raw=found.raw,
        probability=found.evidence,
        freq_hz=found.freq_hz,
        time_s=found.time_s,
    )
    return buffer.getvalue()


def regions_csv(found: AnomalyMap) -> bytes:
    """The regions, a line each, strongest first."""
    names = ("start_s", "end_s", "low_hz", "high_hz", "peak_s", "peak_hz", "score", "p_value")
    lines = [",".join(names)]
    lines += [
        ",".join(f"{getattr(region, name):.6g}" for name in names) for region in found.regions
    ]
    return ("\n".join(lines) + "\n").encode()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files in one ZIP; sounds and pictures are as small as they get already."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()
