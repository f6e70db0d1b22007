"""The long work of the app: fit a model, score recordings, make the demo.

Each task is a function of plain JSON arguments and a progress; it needs no pool and no app. A
recording that cannot be used is left out with a sentence in `left_out`, and the others go on.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import comparing, explaining, reporting
from core.errors import AudioError, FitError, HearMapError, SettingError, StoreError
from core.home import checkpoints_dir
from core.progress import Progress, part, silent

if TYPE_CHECKING:
    from pathlib import Path

    from core.audio import Channel
    from core.store.scores import ScoreRecord
    from core.types import Clip

SENTENCES_SHOWN = 3
DEMO_NORMAL_CLIPS = 24
DEMO_NORMAL_TO_SCORE = 4
DEMO_UNLIKE_OF_EACH = 2


def fit(arguments: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """Fits a detector on recordings of the store and keeps it: {model_id, left_out}.

    Arguments: clip_ids, model_name; if not the defaults head, preset, backbone, seed,
    false_alarm_rate, channel, device; head_settings, over those of the preset; groups, one for
    each clip id, alike for clips of one recording; labels, each clip's class, for heads that learn
    from classes. Cancelled or failed, it leaves no model; a long training's state stays, and the
    same fit goes on from it.

    Raises:
        FitError: too few recordings can be used; the sentence says which were left out and why.
        HearMapError: as `Detector` says.
    """
    from core.detectors.detector import Detector
    from core.detectors.presets import RECOMMENDED_HEAD, preset_settings
    from core.store import clips, models

    head = str(arguments.get("head") or RECOMMENDED_HEAD)
    settings = preset_settings(head, str(arguments.get("preset") or "recommended"))
    settings |= arguments.get("head_settings") or {}
    options = {
        key: arguments[key]
        for key in ("backbone", "seed", "false_alarm_rate", "device")
        if arguments.get(key) is not None
    }
    channel = _channel(arguments.get("channel", 0))
    clip_ids = list(dict.fromkeys(arguments["clip_ids"]))
    groups = arguments.get("groups")
    if groups is not None and len(groups) != len(arguments["clip_ids"]):
        raise SettingError(f"There are {len(groups)} groups for {len(clip_ids)} recordings.")
    group_of = dict(zip(arguments["clip_ids"], groups or (), strict=False))
    labels = arguments.get("labels")
    if labels is not None and len(labels) != len(arguments["clip_ids"]):
        raise SettingError(f"There are {len(labels)} labels for {len(clip_ids)} recordings.")
    label_of = dict(zip(arguments["clip_ids"], labels or (), strict=False))
    used_labels: list[str] = []
    classes: dict[str, Any] = {}
    if labels is not None:
        # Complete once the clips have been read, as the groups are.
        classes = {"labels": used_labels, "checkpoints": _kept_state(arguments)}
    left_out: list[str] = []
    used: list[str] = []
    used_groups: list[str] = []
    progress("Preparing", 0.0)
    detector = Detector(head, **options, **settings)

    def readable() -> Iterator[Clip]:
        for clip in _readable(clip_ids, channel, detector.sample_rate, left_out, used):
            used_groups.append(str(group_of.get(used[-1], "")))
            used_labels.append(str(label_of.get(used[-1], "")))
            yield clip

    started = time.monotonic()
    try:
        detector.fit(
            readable(),
            # Known once the clips have been read, since those left out have none.
            groups=used_groups if group_of else None,
            **classes,
            n_clips=len(clip_ids),
            progress=part(progress, 0.0, 0.98),
        )
    except FitError as error:
        raise FitError(_with_left_out(str(error), left_out)) from error
    progress("Keeping the model", 0.98)
    record = models.save_model(
        detector,
        str(arguments.get("model_name") or "Model"),
        channel=channel,
        arguments={key: arguments[key] for key in arguments if key != "resumed_since"},
        fit_seconds=time.monotonic() - started,
    )
    for clip_id in used:
        # A recording removed meanwhile takes no role; the model has heard it all the same.
        try:
            if clips.get_clip(clip_id).role == "unknown":
                clips.set_role(clip_id, "normal")
        except StoreError:
            continue
    return {"model_id": record.id, "left_out": left_out}


def score(arguments: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """Scores recordings with a model and keeps scores and maps: {n_scored, n_failed, left_out}.

    Arguments: model_id, clip_ids; device if not the default. Cancelled, it keeps what it has, and
    with `resumed_since`, a moment, it leaves alone what was scored after it.

    Raises:
        StoreError: the model is gone, or nothing can be written.
        ModelError: the model cannot be loaded.
    """
    from core.audio import read_clip
    from core.cost import measured
    from core.store import clips, models, scores

    model_id, clip_ids = arguments["model_id"], list(dict.fromkeys(arguments["clip_ids"]))
    progress("Loading the model", 0.0)
    record = models.get_model(model_id)
    before = _scored_since(model_id, clip_ids, arguments.get("resumed_since"))
    left_out = [score.error for score in before.values() if score.error]
    n_scored = len(before) - len(left_out)
    detector = models.load_model(model_id, device=arguments.get("device") or "auto")
    for i, clip_id in enumerate(clip_ids):
        if clip_id in before:
            continue
        step = part(progress, i / len(clip_ids), (i + 1) / len(clip_ids))
        step(f"Scoring {i + 1} of {len(clip_ids)}", 0.0)
        try:
            name = clips.get_clip(clip_id).name
        except StoreError as error:
            left_out.append(str(error))
            continue
        try:
            clip = read_clip(
                clips.clip_path(clip_id),
                name=name,
                channel=record.channel,
                sample_rate=detector.sample_rate,
            )
            with measured() as cost:
                result = detector.score(clip, progress=step)
        except HearMapError as error:
            left_out.append(_naming(name, error))
            scores.save_score(model_id, clip_id, error)
            continue
        scores.save_score(model_id, clip_id, result, cost)
        n_scored += 1
    return {"n_scored": n_scored, "n_failed": len(clip_ids) - n_scored, "left_out": left_out}


def demo(arguments: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """Makes a machine's sounds, fits on the normal ones and scores others.

    Arguments: machine, seed (0 if none). Gives {model_id, clip_ids, fault_times, left_out}: the
    scored recordings, the unlike ones first, and when each one's fault is heard, in seconds.

    Raises:
        SettingError: there is no such machine.
    """
    from core.audio import wav_bytes
    from core.datasets.machines import FAULTS, MACHINES, make
    from core.store import clips

    machine, seed = arguments["machine"], int(arguments.get("seed") or 0)
    if machine not in MACHINES:
        raise SettingError(f"There is no machine “{machine}”; there are {', '.join(MACHINES)}.")
    n_normal = int(arguments.get("n_normal") or DEMO_NORMAL_CLIPS)
    planned: list[tuple[str, str | None]] = [
        (f"{machine} normal {i + 1:02}.wav", None) for i in range(n_normal + DEMO_NORMAL_TO_SCORE)
    ]
    planned += [
        (f"{machine} {fault} {i + 1}.wav", fault)
        for fault in FAULTS[machine]
        for i in range(DEMO_UNLIKE_OF_EACH)
    ]
    normal: list[str] = []
    held_out: list[str] = []
    unlike: list[str] = []
    fault_times: dict[str, list[list[float]]] = {}
    making = part(progress, 0.0, 0.2)
    for i, (name, fault) in enumerate(planned):
        making(f"Making sounds of a {machine}", i / len(planned))
        made = make(machine, seed=1000 * seed + i, fault=fault)
        kept = clips.add_clip(
            name,
            wav_bytes(made.clip.samples, made.clip.sample_rate),
            role="unlike" if fault else "normal",
        )
        fault_times[kept.id] = [[float(start), float(stop)] for start, stop in made.fault_times]
        (unlike if fault else normal if i < n_normal else held_out).append(kept.id)
    fitted = fit(
        {"clip_ids": normal, "model_name": f"Demo: {machine}", "seed": seed}
        | {key: arguments[key] for key in ("head", "preset", "head_settings") if key in arguments},
        part(progress, 0.2, 0.85),
    )
    clip_ids = unlike + held_out
    scored = score(
        {"model_id": fitted["model_id"], "clip_ids": clip_ids}, part(progress, 0.85, 1.0)
    )
    return {
        "model_id": fitted["model_id"],
        "clip_ids": clip_ids,
        "fault_times": {clip_id: fault_times[clip_id] for clip_id in clip_ids},
        "left_out": fitted["left_out"] + scored["left_out"],
    }


def bench(arguments: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """Runs a benchmark and keeps what it measures: {benchmark_id}. See `core.benchmark.kept`."""
    from core.benchmark import kept

    return {"benchmark_id": kept.run(arguments, progress)}


def weights(arguments: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """Downloads weights, or keeps them from a file that is here: {name}.

    Arguments: name; accept_licence; file, a path, if it is here, and whether it was only put
    there for this (`uploaded`), to be taken away afterwards. Cancelled, a download keeps its part.

    Raises:
        WeightsError: as `core.backbones.weights` says.
        StoreError: they could not be written.
    """
    from core.backbones import weights as kept

    name, accepted = str(arguments["name"]), bool(arguments.get("accept_licence"))
    file = arguments.get("file")
    if not file:
        kept.fetch(name, progress=progress, accept_licence=accepted)
        return {"name": name}
    try:
        kept.add(name, Path(file), progress=progress, accept_licence=accepted)
    finally:
        if arguments.get("uploaded"):
            Path(file).unlink(missing_ok=True)
    return {"name": name}


def fit_heads(arguments: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """Other heads on the recordings of one model, and a clip scored with each: see comparing."""
    return comparing.fit_heads(arguments, fit, score, progress)


TASKS: dict[str, Callable[[dict[str, Any], Progress], dict[str, Any]]] = {
    "fit": fit,
    "score": score,
    "demo": demo,
    "fit_heads": fit_heads,
    "explain": explaining.explain,
    "counterfactual": explaining.counterfactual,
    "try_mask": explaining.try_mask,
    "clip_report": reporting.clip_report,
    "batch_report": reporting.batch_report,
    "bench": bench,
    "weights": weights,
}


def _scored_since(
    model_id: str, clip_ids: Sequence[str], since: str | None
) -> dict[str, ScoreRecord]:
    """Those of the clips that were scored from this moment on; none without one."""
    from core.store.scores import list_scores

    if since is None:
        return {}
    moment, wanted = datetime.datetime.fromisoformat(since), set(clip_ids)
    return {
        score.clip_id: score
        for score in list_scores(model_id)
        if score.clip_id in wanted and score.created_at >= moment
    }


def _readable(
    clip_ids: Sequence[str],
    channel: Channel,
    sample_rate: int,
    left_out: list[str],
    used: list[str],
) -> Iterator[Clip]:
    """The usable clips, one at a time; the ids of those go to `used`, sentences to `left_out`."""
    from core.audio import read_clip
    from core.store import clips

    for clip_id in clip_ids:
        name = None
        try:
            record = clips.get_clip(clip_id)
            name = record.name
            if record.info.problem:
                raise AudioError(record.info.problem)
            clip = read_clip(
                clips.clip_path(clip_id), name=name, channel=channel, sample_rate=sample_rate
            )
        except HearMapError as error:
            left_out.append(_naming(name, error))
            continue
        used.append(clip_id)
        yield clip


def _kept_state(arguments: dict[str, Any]) -> Path:
    """Where this fit's training keeps its state: the same fit started again finds it there."""
    same = {key: arguments[key] for key in arguments if key not in ("resumed_since", "model_name")}
    digest = hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()
    return checkpoints_dir() / digest[:16]


def _naming(name: str | None, error: HearMapError) -> str:
    sentence = str(error)
    return sentence if name is None or name in sentence else f"“{name}”: {sentence}"


def _with_left_out(sentence: str, left_out: Sequence[str]) -> str:
    if not left_out:
        return sentence
    shown = " ".join(left_out[:SENTENCES_SHOWN])
    more = len(left_out) - SENTENCES_SHOWN
    rest = f" And {more} more." if more > 0 else ""
    return f"{sentence} Left out: {shown}{rest}"


def _channel(channel: object) -> Channel:
    if channel == "mean":
        return "mean"
    if isinstance(channel, int) and not isinstance(channel, bool) and channel >= 0:
        return channel
    raise SettingError(f"A channel is a number from 0 on, or “mean”, not “{channel}”.")
