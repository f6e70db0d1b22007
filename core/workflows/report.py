"""Write reports of what the store holds: one scored recording, or all that a model has scored."""

from __future__ import annotations

import contextlib

from core.audio import read_clip
from core.errors import HearMapError
from core.explain.explanation import explain
from core.report.batch import MOST_PICTURES, BatchReport, drawn_part
from core.report.recording import (
    model_description,
    report_files,
    report_html,
    threshold_sentence,
    zip_bytes,
)
from core.runtime.progress import Progress, part
from core.storage import models, recordings, scores
from core.workflows.batch_shift import ScoredBatch
from core.workflows.explain import ScoredClip


def report_recording(scored: ScoredClip, progress: Progress) -> tuple[bytes, bytes]:
    """Write the report of one recording; of one too long to be explained whole, of the stretch.

    Args:
        scored: the clip before its detector
        progress: called with stages and fractions; it stops the work by raising `Cancelled`

    Returns:
        The page, and a ZIP with it and all its files.
    """
    explained = explain(
        scored.detector,
        scored.clip,
        found=scored.found,
        background=scored.background,
        progress=part(progress, 0.0, 0.85),
    )
    progress("Writing the report", 0.85)
    further, titled = {}, []
    if scored.nearest is not None:
        nearest = scored.nearest[1]
        further["nearest_normal.wav"] = nearest
        titled.append((f"The nearest normal recording, {nearest.name}", nearest))
    detector = scored.detector
    settings = {"Model": scored.model.name} | model_description(detector)
    if scored.background_name:
        settings["Background of v2"] = scored.background_name
    further["recording.wav"] = explained.clip
    html = report_html(
        explained,
        settings,
        threshold_note=threshold_sentence(detector.calibration, detector.false_alarm_rate),
        warnings=scored.warnings,
        further=titled,
        recorded_at=scored.recorded_at,
        start_s=scored.start_s,
    )
    files = report_files(
        explained, html, further, recorded_at=scored.recorded_at, start_s=scored.start_s
    )
    return html.encode(), zip_bytes(files)


def report_all_scored(model_id: str, progress: Progress) -> tuple[bytes, bytes]:
    """Write the report of every scored recording of a model; nothing is scored again.

    It costs about 0.3 s for each of the 100 recordings that are drawn.

    Args:
        model_id: the model
        progress: called with stages and fractions; it stops the work by raising `Cancelled`

    Returns:
        The page, and a ZIP with it and all its files.

    Raises:
        HearMapError: the model is gone, or cannot be read.
    """
    progress("Loading the model", 0.0)
    model = models.get_model(model_id)
    detector = models.load_model(model.id)
    report = BatchReport(
        f"Recordings scored with {model.name}",
        detector.spectrogram_settings,
        {"Model": model.name} | model_description(detector),
        threshold_sentence(detector.calibration, detector.false_alarm_rate),
        detector.normal_spectra,
    )
    batch = ScoredBatch()
    records = scores.list_scores(model.id)
    for number, record in enumerate(records):
        progress(f"Recording {number + 1} of {len(records)}", 0.95 * number / len(records))
        if record.error is not None:
            report.add_failed(record.clip_name, record.error)
            continue
        try:
            recording = recordings.get_recording(record.clip_id)
            found = scores.load_map(model.id, record.clip_id)
        except HearMapError as error:
            report.add_failed(record.clip_name, str(error))
            continue
        batch.add(found)
        clip = None
        if number < MOST_PICTURES:
            # Where only its sound is gone, its score and map are there.
            with contextlib.suppress(HearMapError):
                start_s, stop_s = drawn_part(found)
                clip = read_clip(
                    recordings.recording_path(record.clip_id),
                    name=record.clip_name,
                    channel=model.channel if record.channel is None else record.channel,
                    sample_rate=detector.sample_rate,
                    start_seconds=start_s,
                    stop_seconds=stop_s,
                )
        report.add(
            found,
            clip,
            record.warnings,
            other_names=recording.other_names,
            recorded_at=recording.recorded_at,
        )
    progress("Writing the report", 0.95)
    report.note = batch.note(detector)
    files = report.html().encode(), zip_bytes(report.files())
    progress("Done", 1.0)
    return files
