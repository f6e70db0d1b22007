"""Write the files beside this one with HearMap 0.1.0 at commit 1fbf57d: README.md says how."""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
RATE_HZ = 44_100
SECONDS = 0.4
STAGES = ("write", "stop", "crash", "export", "expect")


def main() -> None:
    """Run every stage in a process of its own, as the app's restarts would, then tidy and copy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", nargs="?", choices=STAGES)
    stage = parser.parse_args().stage
    if stage:
        globals()[stage]()
        return
    base = Path(tempfile.mkdtemp(prefix="hearmap-"))
    environment = os.environ | {"HEARMAP_HOME": str(base / "home"), "HEARMAP_MADE": str(base)}
    for name in STAGES:
        print(name, flush=True)
        done = subprocess.run([sys.executable, __file__, name], env=environment)
        # The crash is meant.
        assert done.returncode == (1 if name == "crash" else 0), name
    tidy(base / "home")
    for name in ("home", "autoencoder.hearmap", "expected.json"):
        target = HERE / name
        shutil.rmtree(target, ignore_errors=True)
        (shutil.copytree if (base / name).is_dir() else shutil.copy)(base / name, target)
    shutil.rmtree(base)


# ---- the recordings --------------------------------------------------------------------------


def sound(seed: int, fault: str | None = None, rate_hz: int = RATE_HZ) -> np.ndarray:
    """Four tenths of a second of a humming machine, quiet noise around it, and perhaps a fault."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(SECONDS * rate_hz)) / rate_hz
    speed_hz = 98.0 * rng.uniform(0.98, 1.02)
    hum = sum(
        rng.uniform(0.8, 1.2) / k * np.sin(2 * np.pi * (k * speed_hz * time_s + rng.random()))
        for k in (1, 2, 3, 5)
    )
    samples = 0.02 * hum + 0.0006 * rng.standard_normal(time_s.size)
    if fault == "whistle":
        inside = (time_s > 0.15) & (time_s < 0.28)
        samples += 0.05 * inside * np.sin(2 * np.pi * 3_000 * time_s)
    if fault == "hiss":
        samples += 0.004 * rng.standard_normal(time_s.size)
    return samples


def recording(seed: int, fault: str | None = None, *, kind: str, rate_hz: int = RATE_HZ) -> bytes:
    """The sound as a file of 16 bits."""
    import soundfile as sf

    file = io.BytesIO()
    sf.write(file, sound(seed, fault, rate_hz), rate_hz, format=kind, subtype="PCM_16")
    return file.getvalue()


# ---- what the app submits, as its views wrote it -----------------------------------------------


def fit_arguments(clip_ids: list[str], **changed: Any) -> dict[str, Any]:
    """`app/views/fit.py`, with what its widgets begin with."""
    return {
        "clip_ids": clip_ids,
        "model_name": "Pump",
        "head": "padim",
        "preset": "recommended",
        "groups": None,
        "labels": None,
        "backbone": "aisfx",
        "seed": 0,
        "precision": "float32",
        "false_alarm_rate": 0.05,
        "channel": 0,
        "head_settings": {},
        "grouping": {"rule": "file", "field": None},
        "classes": {"rule": None, "field": None},
    } | changed


MODELS: dict[str, dict[str, Any]] = {
    "PaDiM recommended": {"head_settings": {"n_channels": 8}},
    "PatchCore published": {
        "head": "patchcore",
        "preset": "published",
        "head_settings": {"bank_size": 12, "reservoir_size": 200},
        # Two clips of each of three recordings.
        "groups": ["mon", "mon", "tue", "tue", "wed", "wed"],
        "grouping": {"rule": "prefix", "field": None},
    },
    "CFA": {
        "head": "cfa",
        "preset": "published",
        "head_settings": {
            "layers": ["conv_block2"], "epochs": 3, "narrowing": 16, "cells_a_centroid": 8,
        },
        "seed": 7,
    },
    "STFPM": {
        "head": "stfpm",
        "preset": "published",
        "head_settings": {
            "layers": ["conv_block2", "conv_block3"], "epochs": 3, "student_width": 0.05,
        },
        "channel": "mean",
    },
    "PaDiM published": {
        "preset": "published",
        "head_settings": {"layers": ["conv_block4"], "n_channels": 8},
        "precision": "bfloat16",
    },
}  # fmt: skip
DELETED = "PaDiM published"
BANKS = ("pump/id_00", "pump/id_02")
BENCH = {
    "source": "machines",
    "normals": ["fan"],
    "heads": ["padim"],
    "presets": ["recommended", "published"],
    "snr_db": [6.0, 0.0, -6.0],
    "n_faithful": 4,
    "most_training": 24,
    "most_tests": 16,
    "seed": 0,
}


def one_of_every_kind() -> list[tuple[str, dict[str, Any]]]:
    """The arguments of every kind of work, most kinds in more than one way."""
    from core.home import weights_dir
    from core.store import clips, models, scores

    from app import report_offer, work

    by_name = {clip.name: clip for clip in clips.list_clips()}
    normal = [by_name[f"pump {k}.flac"].id for k in range(1, 7)]
    model = next(m for m in models.list_models() if m.name == "PaDiM recommended")
    scored = {score.clip_name: score for score in scores.list_scores(model.id)}
    whistle, hiss = scored["pump whistle.flac"], scored["pump hiss.flac"]
    rate = model.false_alarm_rate
    box = {"start_s": 0.12, "end_s": 0.31, "low_hz": 2500.0, "high_hz": 3500.0}
    brought = weights_dir() / "downloads" / "beats.brought"
    return [
        ("fit", fit_arguments(normal, head_settings={"n_channels": 8})),
        (
            "fit",
            fit_arguments(
                normal,
                model_name="Pump, classes",
                head="anopatch",
                preset="small",
                labels=["00", "00", "00", "02", "02", "02"],
                backbone="beats-small",
                head_settings={"steps": 2, "batch_size": 2, "warmup_steps": 0},
                classes={"rule": "name-field", "field": 3},
            ),
        ),
        ("demo", {"machine": "fan", "seed": 0}),
        ("fit_heads", {"model_id": model.id, "clip_id": hiss.clip_id, "heads": ["patchcore"]}),
        ("explain", work.wanted("explain", model, whistle, None, "nearest").arguments),
        ("explain", work.wanted("explain", model, whistle, (0.1, 0.35), "mean").arguments),
        (
            "counterfactual",
            work.wanted("counterfactual", model, whistle, None, normal[0], rate=rate).arguments,
        ),
        (
            "try_mask",
            work.wanted("try_mask", model, whistle, None, "nearest", boxes=[box]).arguments,
        ),
        (
            "clip_report",
            work.wanted("clip_report", model, whistle, None, "nearest", rate=rate).arguments,
        ),
        (
            "batch_report",
            report_offer.of_batch(model, scores.list_scores(model.id), rate).arguments,
        ),
        ("bench", BENCH),
        ("weights", {"name": "panns-cnn14-16k", "accept_licence": True}),
        (
            "weights",
            {"name": "beats", "accept_licence": True, "file": str(brought), "uploaded": True,
             "called": "BEATs_iter3_plus_AS2M.pt"},
        ),
    ]  # fmt: skip


# ---- the stages ------------------------------------------------------------------------------


def write() -> None:
    """Recordings, models, scores, annotations, thresholds, and jobs that were done."""
    from core.benchmark import kept
    from core.benchmark.results import write_json
    from core.home import benchmarks_dir
    from core.store import clips, labels, models, scores, thresholds

    from app import work
    from core import jobs

    def add(name: str, data: bytes, role: str = "unknown") -> str:
        return clips.add_clip(name, data, role=role).id

    normal = [add(f"pump {k}.flac", recording(k, kind="FLAC")) for k in range(1, 7)]
    whistle = add("pump whistle.flac", recording(11, "whistle", kind="FLAC"))
    hiss = add("pump hiss.flac", recording(12, "hiss", kind="FLAC"))
    other = add("pump 9.flac", recording(13, kind="FLAC"))
    slow = add("pump at 8 kHz.wav", recording(14, kind="WAV", rate_hz=8_000), "normal")
    notes = add("notes.wav", b"this is a text")
    clips.set_role(whistle, "unlike")

    ids: dict[str, str] = {}
    for name, changed in MODELS.items():
        job_id = jobs.submit("fit", fit_arguments(normal, **({"model_name": name} | changed)))
        ids[name] = done(job_id)["model_id"]
    ids["AnoPatch"] = fitted_with_banks(normal)

    scored = [whistle, hiss, other, slow, notes]
    done(jobs.submit("score", {"model_id": ids["PaDiM recommended"], "clip_ids": scored}))
    done(jobs.submit("score", {"model_id": ids["PatchCore published"], "clip_ids": [whistle]}))
    thresholds.set_false_alarm_rate(
        ids["PaDiM recommended"], 0.2, note="Too many misses.", by="Ana"
    )
    thresholds.set_false_alarm_rate(ids["PaDiM recommended"], 0.1, note="Night shift.", by="Ben")
    thresholds.undo(ids["PaDiM recommended"], by="Ana")
    models.set_note(ids["PaDiM recommended"], "Hall 3, microphone at the inlet.")
    models.set_note(ids["CFA"], "")
    models.delete(ids[DELETED])
    labels.set_label(whistle, "anomalous", "A whistle at 3 kHz.", "Ana")
    labels.set_label(hiss, "unsure", "", "Ben")
    labels.set_label(other, "normal", "As ever.", "")

    model = models.get_model(ids["PaDiM recommended"])
    score = next(s for s in scores.list_scores(model.id) if s.clip_id == whistle)
    flip = work.wanted("counterfactual", model, score, None, "nearest", rate=model.false_alarm_rate)
    done(jobs.submit(flip.kind, flip.arguments))

    # Begun in an earlier run, as `kept.run` begins.
    begun = BENCH | {"most_tests": 4}
    write_json(benchmarks_dir() / kept.benchmark_id(begun) / kept.SETTINGS_NAME, begun)

    slow_job = jobs.submit("fit", fit_arguments(normal, head="stfpm", model_name="Given up"))
    waiting = jobs.submit("score", {"model_id": ids["CFA"], "clip_ids": [whistle]})
    jobs.cancel(waiting)
    jobs.cancel(slow_job)
    failing = jobs.submit("fit", fit_arguments([notes, slow], model_name="Too few"))
    assert ended(slow_job).state == ended(waiting).state == "cancelled"
    assert ended(failing).state == "failed"
    assert not [m for m in models.list_models() if m.name in ("Given up", "Too few")]


def fitted_with_banks(clip_ids: list[str]) -> str:
    """AnoPatch with classes and banks, as benchmarks fit it; the app gives no banks."""
    from core.store import clips, models

    from core.audio import read_clip
    from core.detectors.detector import Detector
    from core.detectors.presets import preset_settings

    settings = preset_settings("anopatch", "recommended") | {"reservoir_size": 60}
    detector = Detector("anopatch", "beats-small", **settings)
    sounds = [
        read_clip(clips.clip_path(i), name=clips.get_clip(i).name, sample_rate=detector.sample_rate)
        for i in clip_ids
    ]
    banks = [BANKS[k % 2] for k in range(len(sounds))]
    labels = [bank.rpartition("_")[2] for bank in banks]
    detector.fit(sounds, labels=labels, banks=banks)
    return models.save_model(detector, "AnoPatch").id


def stop() -> None:
    """A scoring is under way and one job of every kind waits when HearMap is stopped."""
    from core.store import clips, models, scores

    from core import jobs

    cfa = next(m for m in models.list_models() if m.name == "CFA")
    clip_ids = [clip.id for clip in reversed(clips.list_clips())]
    jobs.submit("score", {"model_id": cfa.id, "clip_ids": clip_ids})
    for kind, arguments in one_of_every_kind():
        jobs.submit(kind, arguments)
    while len(scores.list_scores(cfa.id)) < 2:
        time.sleep(0.002)


def crash() -> None:
    """The machine goes down: one job runs and one waits, and nobody says that they ended."""
    from core.store import clips, models

    from core import jobs

    normal = [clip.id for clip in clips.list_clips() if clip.name[:6].strip("pum ").isdigit()]
    running = jobs.submit("fit", fit_arguments(normal, head="stfpm", model_name="Cut off"))
    cfa = next(m for m in models.list_models() if m.name == "CFA")
    jobs.submit("score", {"model_id": cfa.id, "clip_ids": normal[:2]})
    while jobs.get_job(running).state == "queued":
        time.sleep(0.01)
    os._exit(1)


def export() -> None:
    """An autoencoder, which is large, fitted in another home and exported from it."""
    made = Path(os.environ["HEARMAP_MADE"])
    from core.store import clips, models, thresholds
    from core.store.model_export import export_model

    from core import jobs

    recordings = [clip for clip in clips.list_clips() if clip.name in PUMPS]
    data = [(clip.name, clip.path.read_bytes()) for clip in reversed(recordings)]
    os.environ["HEARMAP_HOME"] = str(made / "other home")
    ids = [clips.add_clip(name, content).id for name, content in data]
    arguments = fit_arguments(
        ids, model_name="Autoencoder", head="autoencoder", preset="published",
        head_settings={"epochs": 20},
    )  # fmt: skip
    model_id = done(jobs.submit("fit", arguments))["model_id"]
    models.set_note(model_id, "For hall 4.")
    thresholds.set_false_alarm_rate(model_id, 0.1, note="Fewer misses.", by="Ana")
    thresholds.undo(model_id, by="Ben")
    thresholds.set_false_alarm_rate(model_id, 0.15, note="As hall 3 has it.", by="Ben")
    halve(models.get_model(model_id).folder)
    (made / "autoencoder.hearmap").write_bytes(export_model(model_id))


def halve(folder: Path) -> None:
    """Write the model again with its matrices in 16 bits, which 0.1.0 reads as well."""
    from core.modelfile import read_model, write_model

    manifest, tensors = read_model(folder)
    halved = {
        name: values.half() if name.startswith("head.network") and values.ndim == 2 else values
        for name, values in tensors.items()
    }
    write_model(folder, manifest, halved)


PUMPS = tuple(f"pump {k}.flac" for k in range(1, 7))


def expect() -> None:
    """What 0.1.0 itself says of all that: the lists, and every model's scores in full digits."""
    made = Path(os.environ["HEARMAP_MADE"])
    whole = made / "home"
    # Looking changes it: a lost job counts as interrupted from then on.
    os.environ["HEARMAP_HOME"] = str(made / "looked at")
    shutil.copytree(whole, made / "looked at")
    from core.store.model_export import import_model

    content: dict[str, Any] = {"platform": described(), "lists": listed(), "scores": {}}
    content["scores"] = scored_anew()
    imported = import_model((made / "autoencoder.hearmap").read_bytes(), "autoencoder.hearmap")
    content["imported"] = history_of(imported.id)
    content["scores"] |= scored_anew(only=imported.id)
    content["kept"] = kept_explanation()
    (made / "expected.json").write_text(laid_out(content) + "\n", encoding="utf-8")


def laid_out(value: Any, indent: str = "") -> str:
    """JSON with what is short on one line."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) < 160 or not isinstance(value, (dict, list)):
        return line
    deeper = indent + " "
    if isinstance(value, dict):
        items = [f"{json.dumps(k)}: {laid_out(v, deeper)}" for k, v in value.items()]
        return "{\n" + ",\n".join(deeper + item for item in items) + f"\n{indent}}}"
    if all(isinstance(item, float) for item in value):
        return line
    items = [laid_out(item, deeper) for item in value]
    return "[\n" + ",\n".join(deeper + item for item in items) + f"\n{indent}]"


def listed() -> dict[str, Any]:
    """Every record as the store lists it."""
    from core.benchmark import kept
    from core.store import clips, labels, models, scores

    from core import jobs

    found = models.list_models()
    return {
        "recordings": [
            {"id": c.id, "name": c.name, "role": c.role, "size_bytes": c.size_bytes,
             "seconds": c.info.duration_seconds, "sample_rate": c.info.sample_rate,
             "problem": c.info.problem, "created_at": c.created_at.isoformat()}
            for c in clips.list_clips()
        ],
        "models": {m.id: of_model(m) for m in found},
        "deleted": {m.id: of_model(m) for m in models.list_deleted()},
        "history": {m.id: history_of(m.id) for m in found},
        "scores": {
            m.id: [
                {"clip_id": s.clip_id, "score": s.score, "p_value": s.p_value,
                 "anomalous": s.anomalous, "error": s.error, "strip": s.strip,
                 "created_at": s.created_at.isoformat()}
                for s in scores.list_scores(m.id)
            ]
            for m in found
        },
        "annotations": {
            c.id: [said.verdict, said.note, said.by]
            for c in clips.list_clips()
            if (said := labels.list_labels().get(c.id))
        },
        "jobs": [
            {"id": j.id, "kind": j.kind, "state": j.state, "message": j.message,
             "arguments_sha256": digest(j.arguments), "result": j.result,
             "log": len(jobs.job_log(j.id)), "created_at": j.created_at.isoformat()}
            for j in jobs.list_jobs()
        ],
        "benchmarks": [[b.id, b.settings, b.is_finished] for b in kept.list_kept()],
    }  # fmt: skip


def digest(arguments: dict[str, Any]) -> str:
    """A hash of plain JSON values."""
    return hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()


def kept_explanation() -> dict[str, Any]:
    """The one explanation that is kept, found by the key in its job's result."""
    from core.store import explanations

    from core import jobs

    job = next(j for j in jobs.list_jobs() if j.kind == "counterfactual" and j.result)
    found = explanations.find(job.arguments["clip_id"], job.result["key"])
    assert found is not None
    return {
        "job": job.id,
        "values": found.values,
        "sample_rate": found.sample_rate,
        "sounds": {name: len(samples) for name, samples in found.sounds.items()},
        "pictures": {name: len(content) for name, content in found.pictures.items()},
    }


def of_model(record: Any) -> dict[str, Any]:
    """The record of a model in plain values."""
    import dataclasses

    values = dataclasses.asdict(record)
    return values | {"created_at": record.created_at.isoformat()}


def history_of(model_id: str) -> list[list[Any]]:
    """Every change of a model's threshold, newest first."""
    from core.store import thresholds

    return [
        [c.false_alarm_rate, c.threshold, c.note, c.by, c.undoes is not None]
        for c in thresholds.history(model_id)
    ]


def scored_anew(only: str | None = None) -> dict[str, Any]:
    """Each model's verdict on three recordings, and cells of the map it is made from."""
    from core.store import clips, models

    from core.audio import read_clip

    wanted = ("pump whistle.flac", "pump hiss.flac", "pump at 8 kHz.wav")
    recordings = [clip for clip in clips.list_clips() if clip.name in wanted]
    found: dict[str, Any] = {}
    for model in models.list_models():
        if only not in (None, model.id):
            continue
        detector = models.load_model(model.id, device="cpu")
        said = found[model.name] = {}
        banks = (None, *BANKS) if model.head == "anopatch" else (None,)
        for recording_ in recordings:
            clip = read_clip(
                clips.clip_path(recording_.id), name=recording_.name, channel=model.channel,
                sample_rate=detector.sample_rate,
            )  # fmt: skip
            for bank in banks:
                key = f"{recording_.name} among {bank}" if bank else recording_.name
                said[key] = verdict(detector.score(clip, bank=bank))
    return found


def verdict(result: Any) -> dict[str, Any]:
    """What a map says, and 20 cells of it and of its evidence map, spread evenly."""
    import dataclasses

    n_freq, n_time = result.raw.shape
    rows = np.linspace(0, n_freq - 1, 5).astype(int)
    columns = np.linspace(0, n_time - 1, 4).astype(int)
    return {
        "score": float(result.score),
        "p_value": float(result.p_value),
        "threshold": float(result.threshold),
        "map_threshold": float(result.map_threshold),
        "anomalous": bool(result.anomalous),
        "regions": [dataclasses.asdict(region) for region in result.regions],
        "shape": [n_freq, n_time],
        "mean": float(np.mean(result.raw, dtype=np.float64)),
        "highest": float(result.raw.max()),
        "cells": short(result.raw[np.ix_(rows, columns)]),
        "evidence": short(result.probability[np.ix_(rows, columns)]),
    }


def short(values: np.ndarray) -> list[float]:
    """Numbers of 32 bits in as few digits as give them back exactly."""
    return [float(str(value)) for value in values.ravel()]


def described() -> dict[str, str]:
    """The versions that gave these numbers."""
    import torch

    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "kernels": torch.backends.cpu.get_cpu_capability(),
    }


def ended(job_id: str) -> Any:
    """The job once it has ended."""
    from core import jobs

    while (job := jobs.get_job(job_id)).active:
        time.sleep(0.05)
    return job


def done(job_id: str) -> dict[str, Any]:
    """The result of a job that must succeed."""
    job = ended(job_id)
    assert job.state == "done", f"{job.kind}: {job.message}"
    return dict(job.result)


def tidy(home: Path) -> None:
    """Leave only what a home must have, in one SQLite file, under another machine's name."""
    for name in ("features", "normals"):
        shutil.rmtree(home / "cache" / name, ignore_errors=True)
    connection = sqlite3.connect(home / "records.sqlite", isolation_level=None)
    for column in ("log", "owner"):
        connection.execute(
            f"UPDATE jobs SET {column} = replace({column}, ?, 'workshop')", [platform.node()]
        )
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


if __name__ == "__main__":
    main()
