"""manifest.json: every mix of a benchmark with its place, gain and files; its stems as sound."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.audio import wav_bytes
from core.errors import StoreError
from core.evaluation.benchmarks.mix_sources import MixSet
from core.evaluation.benchmarks.results import encoded, json_text
from core.runtime.atomic_write import write_file
from core.runtime.output_files import add_output_files
from core.runtime.progress import Progress

NAME = "manifest.json"


def write_manifest(
    mix_set: MixSet,
    snr_db: Sequence[float | None],
    sample_rate: int,
    folder: Path,
    progress: Progress,
    *,
    stems: bool = False,
) -> None:
    """Write down every mix: normal class, event, SNR, onset, duration, gain, seed and files.

    What is there already is not made again.

    Args:
        mix_set: The mixes.
        snr_db: The signal-to-noise ratios in dB.
        sample_rate: The rate in Hz.
        folder: Where manifest.json goes.
        progress: Called with how far the work is.
        stems: Whether the mix, the event and the background are written too, as 16-bit WAV under
            stems/, about 1.3 MB for a mix of 5 s.

    Raises:
        DataSetError, AudioError: a mix cannot be made; the sentence names the file.
        StoreError: the folder cannot be written, or holds another sound under a stem's name.
    """
    described = {
        "sets": {normal: mix_set.described(normal) for normal in mix_set.normals},
        "snr_db": list(snr_db),
        "sample_rate": sample_rate,
        "stems": stems,
    }
    path = folder / NAME
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        there = json.loads(path.read_text(encoding="utf-8"))["described"]
        if there == json.loads(json.dumps(described)):
            return
    planned = [
        (normal, one, level)
        for normal in mix_set.normals
        for one in mix_set.mixes(normal)
        for level in snr_db
    ]
    entries: list[dict[str, Any]] = []
    for i, (normal, one, level) in enumerate(planned):
        made = one.make(sample_rate, level)
        entry = {
            "normal": normal,
            "event": one.event,
            "snr_db": level,
            "clip": made.clip.name,
            "onset_s": made.start_s,
            "duration_s": made.end_s - made.start_s,
            "gain": made.gain,
            **one.described(),
        }
        if stems:
            name = f"{i:05d}-{hashlib.sha256(made.clip.name.encode()).hexdigest()[:8]}"
            sounds = {"mix": made.clip.samples, "event": made.event, "background": made.background}
            for kind, samples in sounds.items():
                file = folder / "stems" / f"{name}.{kind}.wav"
                _write_stem(file, wav_bytes(samples, sample_rate))
                entry[f"{kind}_wav"] = f"stems/{file.name}"
        entries.append(entry)
        progress("Mixing", (i + 1) / len(planned))
    content = json_text({"described": described, "mixes": entries})
    add_output_files(folder, {NAME: encoded(content)})


def _write_stem(file: Path, content: bytes) -> None:
    if not file.exists():
        write_file(file, content)
    elif file.read_bytes() != content:
        raise StoreError(
            f"“{file}” is there already and is another sound; choose a new folder for --out."
        )
