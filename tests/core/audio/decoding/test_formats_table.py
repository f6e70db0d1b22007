"""docs/formats.md: which files are read, how much of them is heard, and what is said.

The table is written by this test: HEARMAP_WRITE_FORMATS=1 writes it again, and without that it is
compared with what the files give now.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import av
import pytest
import soundfile as sf

from core.audio.finding import AUDIO_EXTENSIONS
from core.audio.source import AudioSource
from core.errors import AudioError
from tests.support.sound_files import (
    FFMPEG_KINDS,
    SIZES,
    Kind,
    cut,
    flac_of_unknown_length,
    flipped,
    mp3_without_header,
    sndfile_kinds,
    varied,
    with_sizes,
    without_end_flag,
    zeroed,
)

PAGE = Path(__file__).parents[4] / "docs" / "formats.md"
BEGIN, END = "<!-- written by {test}, begin -->", "<!-- written by {test}, end -->"
MARKERS = [
    marker.format(test="tests/core/audio/decoding/test_formats_table.py") for marker in (BEGIN, END)
]
SECONDS = 2
BY_SNDFILE = (
    *("WAV, PCM_16", "WAV, FLOAT", "WAV, MS_ADPCM", "WAV, GSM610", "RF64, PCM_16", "W64, PCM_16"),
    *("AIFF, PCM_16", "AU, PCM_16", "CAF, PCM_16", "FLAC, PCM_16", "OGG, VORBIS", "OGG, OPUS"),
    "MP3, MPEG_LAYER_III",
)

Variant = tuple[str, Callable[[bytes], bytes]]


def variants(kind: Kind) -> list[Variant]:
    """What happens to files of a kind, in words."""
    found: list[Variant] = [
        ("whole", lambda data: data),
        ("cut at 60 %", lambda data: cut(data, 0.6)),
        ("1 bit wrong", lambda data: flipped(data, 0.5)),
        ("2 kB zeroed", lambda data: zeroed(data, 0.5, 2_000)),
        ("two in one file", lambda data: data + data),
    ]
    if kind.container in SIZES and not kind.by_ffmpeg:
        found += [
            ("sizes 0", lambda data: with_sizes(data, kind.container, 0, 0)),
            ("sizes all ones", lambda data: with_sizes(data, kind.container, "ones", "ones")),
            ("size of 1 s", lambda data: with_sizes(data, kind.container, _second(data, kind))),
        ]
    if kind.container == "OGG":
        found.append(("no end flag", without_end_flag))
    if kind.container == "FLAC":
        found.append(("length unknown", flac_of_unknown_length))
    if kind.container == "MP3":
        found.append(("no Xing header", mp3_without_header))
    return found


def _second(data: bytes, kind: Kind) -> int:
    return round(len(data) / SECONDS / 8) * 8


def kinds() -> list[Kind]:
    """The kinds that have rows: those of a recorder, and all that only FFmpeg reads."""
    return [kind for kind in sndfile_kinds() if kind.name in BY_SNDFILE] + list(FFMPEG_KINDS)


@cache
def written(kind: Kind) -> bytes:
    """A file of the kind."""
    rate = kind.rates[0]
    return kind.write(varied(SECONDS * rate, rate, kind.most_channels), rate)


def row(kind: Kind, name: str, change: Callable[[bytes], bytes]) -> str:
    data = written(kind)
    n_files = 2 if name == "two in one file" else 1
    try:
        with AudioSource(io.BytesIO(change(data))) as source:
            n = sum(map(len, source.frames()))
            by = "libsndfile" if type(source._decoder).__name__ == "SndfileDecoder" else "FFmpeg"
            by += ", FFmpeg" if source._second else ""
            heard = f"{n / source.sample_rate:.1f} of {SECONDS * n_files:.1f} s"
            said = " ".join(source.warnings) or "–"
    except AudioError as error:
        by, heard, said = "–", "–", str(error)
    return f"| {kind.name} | {name} | {by} | {heard} | {plain(said)} |"


def plain(said: str) -> str:
    """Seconds to a digit, lest the table depend on a processor's rounding in an encoder."""
    said = re.sub(r"\d+\.\d{2,3}(?= s)", lambda found: f"{float(found[0]):.1f}", said)
    return said.replace("“recording”", "“…”").split(" WAV, FLAC")[0].split(" Copy it")[0]


def versions() -> str:
    ffmpeg = ".".join(map(str, av.library_versions["libavcodec"]))
    return f"libsndfile {sf.__libsndfile_version__}, libavcodec {ffmpeg} (PyAV {av.__version__})"


@pytest.fixture(scope="module")
def table() -> str:
    rows = [row(kind, *variant) for kind in kinds() for variant in variants(kind)]
    head = ["| format | variant | read by | heard | said |", "|---|---|---|---|---|"]
    return "\n".join([f"Measured with {versions()}.", "", *head, *rows])


def test_the_table_of_formats_is_what_a_run_gives(table: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(MARKERS[0])
    committed, after = rest.split(MARKERS[1])
    if os.environ.get("HEARMAP_WRITE_FORMATS"):
        text = f"{before}{MARKERS[0]}\n\n{table}\n\n{MARKERS[1]}{after}"
        PAGE.write_text(text, encoding="utf-8")
        return
    if versions() not in committed:
        pytest.skip(f"the table was not measured with {versions()}")
    assert committed.strip() == table


def test_every_extension_that_folders_are_searched_for_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in AUDIO_EXTENSIONS if f"`{name}`" not in page] == []
