"""The long work of writing a report: of one clip, or of all scored clips of a model."""

from __future__ import annotations

from typing import Any

from core.errors import HearMapError
from core.runtime.progress import Progress, part, silent


def clip_report(arguments: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """One clip's report and all its files, kept by `core.storage.reports`: {key}.

    Arguments: those of `core.jobs.tasks.explaining`, and rate, part of the key. A recording too
    long to be explained whole is reported by the stretch.

    Raises:
        HearMapError: the model, the clip or its map is gone, or cannot be read.
    """
    from core.explain.explanation import explain
    from core.jobs.tasks.explaining import case_of
    from core.report.recording import (
        model_description,
        report_files,
        report_html,
        threshold_sentence,
        zip_bytes,
    )
    from core.storage import reports
    from core.storage.explanations import explanation_key
    from core.types import Clip

    case = case_of(arguments, part(progress, 0.0, 0.3))
    explained = explain(
        case.detector,
        case.clip,
        found=case.found,
        background=case.background,
        progress=part(progress, 0.3, 0.9),
    )
    progress("Writing the report", 0.9)
    further: dict[str, Clip] = {}
    titled = []
    if case.nearest is not None:
        nearest = case.nearest[1]
        further["nearest_normal.wav"] = nearest
        titled.append((f"The nearest normal recording, {nearest.name}", nearest))
    detector = case.detector
    described_model = {"Model": case.model.name} | model_description(detector)
    if case.background_name:
        described_model["Background of v2"] = case.background_name
    html = report_html(
        explained,
        described_model,
        threshold_note=threshold_sentence(detector.calibration, detector.false_alarm_rate),
        further=titled,
    )
    key = explanation_key("clip_report", arguments)
    files = report_files(explained, html, further | {"recording.wav": explained.clip})
    reports.save(key, ".html", html.encode())
    reports.save(key, ".zip", zip_bytes(files))
    return {"key": key}


def batch_report(arguments: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """The report of every scored clip of a model: {key}.

    Arguments: model_id; rate, and scored, a digest of what has been scored, are part of the key.
    Nothing is scored again; costs about 0.3 s for each of the 100 clips that are drawn.

    Raises:
        HearMapError: the model is gone, or cannot be read.
    """
    from core.audio import read_clip
    from core.report.batch import MOST_PICTURES, BatchReport
    from core.report.recording import model_description, threshold_sentence, zip_bytes
    from core.storage import models, recordings, reports, scores
    from core.storage.explanations import explanation_key

    progress("Loading the model", 0.0)
    model = models.get_model(arguments["model_id"])
    detector = models.load_model(model.id, device=arguments.get("device") or "auto")
    report = BatchReport(
        f"Recordings scored with {model.name}",
        detector.spectrogram_settings,
        {"Model": model.name} | model_description(detector),
        threshold_sentence(detector.calibration, detector.false_alarm_rate),
    )
    records = scores.list_scores(model.id)
    for number, record in enumerate(records):
        progress(f"Recording {number + 1} of {len(records)}", 0.95 * number / len(records))
        if record.error is not None:
            report.add_failed(record.clip_name, record.error)
            continue
        try:
            found = scores.load_map(model.id, record.clip_id)
        except HearMapError as error:
            report.add_failed(record.clip_name, str(error))
            continue
        clip = None
        if number < MOST_PICTURES:
            try:
                clip = read_clip(
                    recordings.recording_path(record.clip_id),
                    name=record.clip_name,
                    channel=model.channel,
                    sample_rate=detector.sample_rate,
                )
            except HearMapError:
                # Its score and map are there; only its sound is gone.
                clip = None
        report.add(found, clip)
    progress("Writing the report", 0.95)
    key = explanation_key("batch_report", arguments)
    reports.save(key, ".html", report.html().encode())
    reports.save(key, ".zip", zip_bytes(report.files()))
    progress("Done", 1.0)
    return {"key": key}
