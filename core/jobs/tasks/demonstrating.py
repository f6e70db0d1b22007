"""Make the demo: sounds of a built-in machine, a model of the normal ones, scores of others."""

from __future__ import annotations

from typing import Any

from core.errors import SettingError
from core.jobs.tasks.fitting import fit
from core.jobs.tasks.scoring import score
from core.runtime.progress import Progress, part, silent

DEMO_NORMAL_CLIPS = 24
DEMO_NORMAL_TO_SCORE = 4
DEMO_UNLIKE_OF_EACH = 2


def demo(arguments: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """Makes a machine's sounds, fits on the normal ones and scores others.

    Arguments: machine, seed (0 if none). Gives {model_id, clip_ids, fault_times, left_out}: the
    scored recordings, the unlike ones first, and when each one's fault is heard, in seconds.

    Raises:
        SettingError: there is no such machine.
    """
    from core.audio import wav_bytes
    from core.evaluation.datasets.machines import FAULTS, MACHINES, make
    from core.storage import recordings

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
        kept = recordings.add_recording(
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
