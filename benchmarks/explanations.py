"""Five anomalous recordings and what HearMap says of each: `python -m benchmarks.explanations`.

Writes docs/explanations.md and its pictures from made recordings of a fan, so that sentences and
pictures are those of this version. Half a minute on two cores.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.signal import butter, sosfilt

from core.detectors.detector import Detector
from core.detectors.presets import RECOMMENDED_HEAD, preset_settings
from core.evaluation.datasets.machines import make
from core.explain.findings import findings
from core.explain.measured_sound import MeasuredSound
from core.explain.spectrum_against_normal import spectrum_against_normal, spectrum_sentence
from core.report.finding_words import finding_details, finding_sentence
from core.report.pictures import finding_png, map_png
from core.report.summary_sentence import summary_sentence
from core.spectral.spectrogram import spectrogram
from core.types import Clip

DOCS = Path(__file__).resolve().parents[1] / "docs"
N_NORMAL = 24
INTRODUCTION = """# What HearMap says of a recording

Five made recordings of a fan, each with one thing changed, before a model of 24 normal ones
(`python -m benchmarks.explanations` writes this page). Sentences and pictures are those of Listen
and of the report. What was changed is told first, so that the sentences can be compared with it.

A finding says what it is, when, in which band, how far it stands above the recording's own
background or beyond the range (5 to 95 %) of the normal recordings, and how many of these have as
much. Levels are measured from the samples in moments of 0.1 s, in dB below full scale. The count of
normal recordings is on the safe side: a recording that may have such a moment counts. A button
beside each finding plays exactly what is boxed.
"""


def main() -> None:
    """Fit, explain the five recordings and write the page."""
    normal = [make("fan", seed=seed).clip for seed in range(N_NORMAL)]
    detector = Detector(RECOMMENDED_HEAD, **preset_settings(RECOMMENDED_HEAD, "recommended"))
    detector.fit(normal)
    parts = [INTRODUCTION]
    for number, (title, changed, clip) in enumerate(_recordings(), start=1):
        found = detector.score(clip)
        drawn = spectrogram(clip, detector.spectrogram_settings)
        sound = MeasuredSound(drawn)
        made = findings(found, sound, detector.normal_spectra)
        map_name = f"{number}_map.png"
        _save(map_png(found, drawn.level_db), map_name)
        verdict = summary_sentence(found)
        parts.append(f"## {number}. {title}\n\n*Changed:* {changed}\n\n*Verdict:* {verdict}\n")
        for place, one in enumerate(made, start=1):
            said = finding_sentence(one)
            name = f"{number}_{place}.png"
            picture = finding_png(drawn.level_db, drawn.freq_hz, drawn.time_s, one.boxes)
            _save(picture, name)
            parts.append(f"**{said}** {finding_details(one)}\n\n![{said}](explanations/{name})\n")
        if detector.normal_spectra is not None:
            compared = spectrum_against_normal(sound, detector.normal_spectra)
            parts.append(f"*Spectrum against normal:* {spectrum_sentence(compared)}\n")
        parts.append(f"![The map of the recording](explanations/{map_name})\n")
        print(title, len(made), [finding_sentence(one) for one in made])
    (DOCS / "explanations.md").write_text("\n".join(parts), encoding="utf-8")


def _save(picture: bytes, name: str) -> None:
    # A repository need not carry more colours than a page shows.
    few = Image.open(io.BytesIO(picture)).quantize(128, dither=Image.Dither.NONE)
    few.save(DOCS / "explanations" / name, optimize=True)


def _recordings() -> list[tuple[str, str, Clip]]:
    # Title, what was changed, and the recording.
    fan = make("fan", seed=900).clip
    rate, samples = fan.sample_rate, fan.samples.astype(np.float64)
    time_s = np.arange(samples.size) / rate
    end_s = samples.size / rate
    hiss = sosfilt(
        butter(6, [2000, 6000], "bandpass", fs=rate, output="sos"),
        np.random.default_rng(0).normal(0.0, 1.0, samples.size),
    )
    band_rms = np.sqrt(np.mean(sosfilt(
        butter(6, [2000, 6000], "bandpass", fs=rate, output="sos"), samples
    )[rate // 10 :] ** 2))  # fmt: skip
    hiss *= band_rms / np.sqrt(np.mean(hiss**2)) * 10 ** (14 / 20)

    def during(start_s: float, stop_s: float) -> np.ndarray:
        return np.clip(np.minimum(time_s - start_s, stop_s - time_s) / 0.005, 0.0, 1.0)

    hum = sum(0.4 * np.std(samples) / k * np.sin(2 * np.pi * 900 * k * time_s) for k in (1, 2, 3))
    changes = [
        (
            "Two events",
            "two hisses of 0.2 s between 2 and 6 kHz, 14 dB above the fan there, at 1.4 and 3.1 s.",
            samples + (during(1.4, 1.6) + during(3.1, 3.3)) * hiss,
        ),
        ("A hum", "a tone of 900 Hz and two harmonics, from beginning to end.", samples + hum),
        ("Another level", "everything 9 dB louder.", samples * 10 ** (9 / 20)),
        (
            "On the edge",
            "the same hiss in the last 0.15 s.",
            samples + during(end_s - 0.15, end_s + 1.0) * hiss,
        ),
        ("A gap", "0.4 s at a tenth of the amplitude.", samples * (1.0 - 0.9 * during(2.0, 2.4))),
    ]
    return [
        (title, changed, Clip.from_samples(np.clip(sound, -1.0, 1.0), rate, title))
        for title, changed, sound in changes
    ]


if __name__ == "__main__":
    main()
