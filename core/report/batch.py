"""One self-contained HTML file of many recordings, the highest scores first.

The first ones have a small picture and the sound of their strongest part; all are in the table.
The file stays small enough for a mail whatever the number of recordings.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

import numpy as np

from core.audio import wav_bytes
from core.detectors.views.normal_spectrum import NormalSpectra
from core.exchange.csv_cells import write_table
from core.exchange.found_regions import FoundRegions, write_regions
from core.exchange.recording_names import with_other_names
from core.explain.findings import findings
from core.explain.measured_sound import MeasuredSound
from core.report.finding_words import finding_sentence
from core.report.page import (
    audio_html,
    data_url,
    page,
    pairs_table,
    sentences_list,
    views_table,
)
from core.report.pictures import map_png, sound_png
from core.report.recording import CLOSING
from core.report.summary_sentence import count_sentence, summary_sentence
from core.runtime.file_names import file_stem
from core.spectral.spectrogram import SpectrogramSettings, spectrogram
from core.types import MOST_REGIONS, AnomalyMap, Clip, Float32Array, Region, ViewFinding

MOST_PICTURES = 100
REGIONS_LEFT_OUT = f"Of each recording the {MOST_REGIONS} strongest regions are listed in files."
MOST_ROWS = 5000
MOST_SOUND_SECONDS = 3.0
# Longer ones are drawn by a part.
LONGEST_DRAWN_SECONDS, PART_SECONDS = 600.0, 60.0
MOST_SOUND_CHARACTERS = 12_000_000
_STRONGEST = ("start_s", "end_s", "low_hz", "high_hz", "view")
_NUMBERS = ("score", "p_value", "threshold", "anomalous")


@dataclass(frozen=True, eq=False)
class _Shown:
    """What is seen and played of one recording."""

    picture: bytes
    map_picture: bytes
    sound: Float32Array
    sound_said: str
    sample_rate: int


@dataclass(eq=False)
class _Entry:
    clip: str
    score: float
    p_value: float
    threshold: float
    anomalous: bool
    said: str
    regions: tuple[Region, ...]
    views: tuple[ViewFinding, ...]
    views_html: str
    warnings: tuple[str, ...]
    shown: _Shown | None
    findings: tuple[str, ...]
    n_regions: int
    other_names: tuple[str, ...]
    recorded_at: datetime.datetime | None

    @property
    def title(self) -> str:
        """The recording's name, and those under which the same file came again."""
        return with_other_names((self.clip, *self.other_names))

    @property
    def recorded_html(self) -> str:
        """When the recording began, where that is known."""
        if self.recorded_at is None:
            return ""
        return f' <span class="soft">recorded {self.recorded_at.isoformat(" ")}</span>'


def drawn_part(found: AnomalyMap) -> tuple[float, float | None]:
    """Choose what is drawn and heard of a recording.

    Args:
        found: its map

    Returns:
        Start and end in seconds: the whole recording, end None, or a minute around the strongest
        place of one that lasts longer than ten.
    """
    if found.time_s[-1] <= LONGEST_DRAWN_SECONDS:
        return 0.0, None
    peaks = found.score_over_time
    column = int(peaks.argmax()) - int(np.searchsorted(found.time_s, PART_SECONDS / 2))
    latest = int(np.searchsorted(found.time_s, found.time_s[-1] - PART_SECONDS))
    start = float(found.time_s[min(max(column, 0), latest)])
    return start, start + PART_SECONDS


class BatchReport:
    """The report of recordings that are added one at a time, in any order.

    Holds pictures and sounds of twice `MOST_PICTURES` recordings at most, and a line of the others.

    Its attribute `note` is what there is to say of all recordings as a set, in sentences; it may be
    set until the report is written.

    Args:
        title: the heading
        settings: of the spectrograms that are drawn
        description: the model in words, name and value
        threshold_note: where the threshold comes from
        normals: the spectra of the model's normal recordings, where it knows them
    """

    def __init__(
        self,
        title: str,
        settings: SpectrogramSettings,
        description: Mapping[str, object],
        threshold_note: str,
        normals: NormalSpectra | None = None,
    ) -> None:
        self.title = title
        self.note = ""
        self._settings = settings
        self._description = description
        self._threshold_note = threshold_note
        self._normals = normals
        self._entries: list[_Entry] = []
        self._failed: list[tuple[str, str]] = []

    def add(
        self,
        found: AnomalyMap,
        clip: Clip | None,
        warnings: Sequence[str] = (),
        *,
        other_names: Sequence[str] = (),
        recorded_at: datetime.datetime | None = None,
    ) -> None:
        """Add a scored recording.

        Args:
            found: its map
            clip: its sound at the front end's rate; None where it is not needed or gone
            warnings: sentences on what to know of it before its score is trusted
            other_names: names of the same file, each of which gets a row of its own in the tables
            recorded_at: when it began, if that is known
        """
        shown, said = None, tuple[str, ...]()
        if clip is not None:
            drawn = spectrogram(clip, self._settings)
            shown = self._shown_of(found, clip, drawn.level_db)
            sound = MeasuredSound(drawn, drawn_part(found)[0])
            said = tuple(map(finding_sentence, findings(found, sound, self._normals)))
        self._entries.append(
            _Entry(
                clip=found.clip_name,
                score=found.score,
                p_value=found.p_value,
                threshold=found.threshold,
                anomalous=found.anomalous,
                said=summary_sentence(found),
                regions=found.regions,
                views=found.views,
                views_html=views_table(found),
                warnings=tuple(warnings),
                shown=shown,
                findings=said,
                n_regions=found.n_regions,
                other_names=tuple(other_names),
                recorded_at=recorded_at,
            )
        )
        if sum(entry.shown is not None for entry in self._entries) >= 2 * MOST_PICTURES:
            self._sort()

    def add_failed(self, name: str, sentence: str) -> None:
        """Add a recording that could not be scored.

        Args:
            name: that of the recording
            sentence: why
        """
        self._failed.append((name, sentence))

    def html(self) -> str:
        """Write the report.

        Returns:
            An HTML file.
        """
        self._sort()
        counted = count_sentence(sum(e.anomalous for e in self._entries), len(self._entries))
        failed = dict(self._failed[:MOST_ROWS])
        parts = [
            f"<h1>{escape(self.title)}</h1>",
            f'<p class="verdict">{counted}; the highest score comes first.</p>',
            f'<p class="soft">{escape(self._threshold_note)}</p>',
            f"<p>{escape(self.note)}</p>" if self.note else "",
            f'<div class="clips">{"".join(self._articles())}</div>',
            "<h2>All recordings</h2>",
            self._table(),
            f"<h2>Could not be scored</h2>{pairs_table(failed)}" if failed else "",
            "<h2>Model</h2>",
            pairs_table({name: str(value) for name, value in self._description.items()}),
            f'<p class="soft">{escape(CLOSING)}</p>',
        ]
        return page(self.title, "\n".join(parts))

    def files(self) -> dict[str, bytes]:
        """Write the report and, beside it, pictures, sounds, and all numbers as CSV and JSON.

        Returns:
            Content by file name.
        """
        files = {"report.html": self.html().encode()}
        rows = [
            {"clip": name}
            | {number: getattr(entry, number) for number in _NUMBERS}
            | {"recorded_at": entry.recorded_at and entry.recorded_at.isoformat()}
            | {"n_regions": entry.n_regions}
            | {"regions": [asdict(region) for region in entry.regions], "error": None}
            | {"views": [asdict(view) for view in entry.views], "warnings": [*entry.warnings]}
            | {"findings": [*entry.findings]}
            for entry in self._entries
            for name in (entry.clip, *entry.other_names)
        ]
        rows += [{"clip": name, "error": sentence} for name, sentence in self._failed]
        # Bytes of a file name that is no UTF-8 become escapes of JSON, which read back the same.
        listed = json.dumps(rows, indent=1, ensure_ascii=False)
        files["scores.json"] = listed.encode("utf-8", "backslashreplace")
        files["scores.csv"] = _csv(rows)
        regions = [
            FoundRegions(name, entry.regions, entry.recorded_at)
            for entry in self._entries
            for name in (entry.clip, *entry.other_names)
        ]
        files["regions.csv"] = write_regions(regions)
        files["regions.selections.txt"] = write_regions(regions, "raven")
        for number, entry in enumerate(self._entries, start=1):
            if entry.shown is not None:
                stem = f"{number:03}_{file_stem(entry.clip)}"
                files[f"pictures/{stem}.png"] = entry.shown.map_picture
                files[f"sounds/{stem}.wav"] = wav_bytes(entry.shown.sound, entry.shown.sample_rate)
        return files

    def _sort(self) -> None:
        """Put the highest score first, and drop pictures and sounds of all but the first ones."""
        self._entries.sort(key=lambda entry: (-entry.score, entry.clip))
        for entry in self._entries[MOST_PICTURES:]:
            entry.shown = None

    def _shown_of(self, found: AnomalyMap, clip: Clip, level_db: Float32Array) -> _Shown:
        start_s, stop_s = drawn_part(found)
        if stop_s is not None:
            found = found.stretch(int(np.searchsorted(found.time_s, start_s)), level_db.shape[1])
        if found.regions:
            region = found.regions[0]
            middle, said = region.peak_s, "The strongest part"
            half = min(max((region.end_s - region.start_s) / 2 + 0.3, 0.5), MOST_SOUND_SECONDS / 2)
        else:
            middle, said = float(found.time_s[found.score_over_time.argmax()]), "A part of it"
            half = MOST_SOUND_SECONDS / 2
        rate = clip.sample_rate
        start = max(
            0,
            min(
                round((middle - start_s - half) * rate), clip.samples.size - round(2 * half * rate)
            ),
        )
        return _Shown(
            sound_png(level_db, found.evidence),
            map_png(found, level_db),
            clip.samples[start : start + round(2 * half * rate)].copy(),
            said,
            rate,
        )

    def _articles(self) -> list[str]:
        room = MOST_SOUND_CHARACTERS
        articles = []
        for number, entry in enumerate(self._entries[:MOST_PICTURES], start=1):
            if entry.shown is None:
                continue
            shown, title = entry.shown, f"{entry.shown.sound_said} of {entry.title}"
            sound = audio_html(title, shown.sound, shown.sample_rate, packed=True)
            room -= len(sound)
            if room < 0:
                sound = ""
            picture = data_url("image/png", shown.picture)
            articles.append(
                f"<article><h3>{number}. {escape(entry.title)}</h3>"
                f"{entry.recorded_html}"
                f"<p>{escape(entry.said)} <span class='soft'>p = {entry.p_value:.3g}</span></p>"
                f"{sentences_list('findings', entry.findings)}"
                f'<img src="{picture}" alt="Map of {escape(entry.clip)}">{sound}'
                f"{entry.views_html}{sentences_list('warnings', entry.warnings)}</article>"
            )
        return articles

    def _table(self) -> str:
        head = (
            '<tr><th class="n">#</th><th>Recording</th><th>Summary</th><th class="n">p</th>'
            '<th class="n">Score</th><th class="n">Regions</th></tr>'
        )
        rows = "".join(
            f'<tr><td class="n">{number}</td><td>{escape(entry.title)}{entry.recorded_html}</td>'
            f"<td>{escape(entry.said)}{sentences_list('warnings', entry.warnings)}</td>"
            f'<td class="n">{entry.p_value:.3g}</td>'
            f'<td class="n">{entry.score:.4g}</td><td class="n">{entry.n_regions}</td></tr>'
            for number, entry in enumerate(self._entries[:MOST_ROWS], start=1)
        )
        if any(entry.n_regions > len(entry.regions) for entry in self._entries):
            rows += f'<tr><td colspan="6">{REGIONS_LEFT_OUT}</td></tr>'
        more = len(self._entries) - MOST_ROWS
        left_out = f"<p>And {more} more, in scores.csv.</p>" if more > 0 else ""
        return f'<div class="wide"><table>{head}{rows}</table></div>{left_out}'


def _csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    numbers = ("clip", *_NUMBERS, "recorded_at", "n_regions")
    header = [*numbers, *(f"strongest_{name}" for name in _STRONGEST), "warnings", "error"]
    cells = []
    for row in rows:
        strongest = (row.get("regions") or [{}])[0]
        values = [row.get(name) for name in numbers]
        said = " ".join(row.get("warnings") or ())
        cells.append([*values, *(strongest.get(name) for name in _STRONGEST), said, row["error"]])
    return write_table(header, cells)
