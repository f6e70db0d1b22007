"""Annotations go out and come in again the same, and programs that know nothing of us read them."""

import csv
import datetime
import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SettingError
from core.exchange import BoxAnnotation, audacity, jams, raven
from core.exchange.formats import FORMATS, files, format_named, format_of, read
from core.exchange.found_regions import FoundRegions, write_regions
from core.exchange.text import one_line
from core.types import Region

ODD = (
    *("dog", "", "  spaces  ", "tab\there", "two\r\nlines", "\\", "\\\t1\t2", '"quoted"', "a,b;c"),
    *("=1+1", "-3.2", "+49", "@me", "\t=x", "＝1", "'=1", "''=1", "'", "Rotkehlchen üäß", "🎧‍🎧"),
    *("\u2028line", "NUL\x00", "half \ud800", "\ufeffmark", "#", "NA", "nan", "1e5", "Selection"),
    *("sep=;", "line\x0bfeed", "\x85", "e\u0301", "عربى", "x" * 3000),
)
ONE_LINE = ("audacity", "raven")


def random_annotations(seed: int, n: int, recordings: tuple[str, ...]) -> list[BoxAnnotation]:
    """Boxes of all kinds and sizes: points, full bands, half bands, odd texts, long recordings."""
    rng = np.random.default_rng(seed)

    def edge(low: float, high: float) -> float | None:
        return None if rng.random() < 0.2 else float(rng.uniform(low, high))

    made = []
    for _ in range(n):
        start_s = float(rng.choice([0.0, rng.random(), 10 ** rng.uniform(-6, 6)]))
        length_s = float(rng.choice([0.0, rng.random(), 10 ** rng.uniform(-6, 4)]))
        day = datetime.datetime(2024, 5, 1) + datetime.timedelta(seconds=int(rng.integers(10**7)))
        zone = datetime.timezone(datetime.timedelta(minutes=int(rng.integers(-700, 700))))
        made.append(
            BoxAnnotation(
                start_s,
                start_s + length_s,
                edge(0, 1000),
                edge(1000, 96000),
                label=str(rng.choice(ODD)),
                note=str(rng.choice(ODD)),
                recording=recordings[int(rng.integers(len(recordings)))],
                starts_at=[None, day, day.replace(tzinfo=zone)][int(rng.integers(3))],
            )
        )
    return made


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("seed", range(20))
def test_what_is_written_is_read_to_the_same_bytes(name: str, seed: int) -> None:
    one_name = ("day1/0001.wav",)
    many = (*one_name, "day2/0001.wav", "=evil.wav", "")
    chosen = FORMATS[name]
    before = random_annotations(seed, 30, one_name if chosen.of_one_recording else many)
    content = chosen.write(before)
    after = chosen.read(content, "file")
    assert chosen.write(after) == content
    assert [(a.start_s, a.end_s, a.low_hz, a.high_hz) for a in after] == [
        (b.start_s, b.end_s, b.low_hz, b.high_hz) for b in before
    ]
    if name not in ONE_LINE:
        lines = [(b.label.replace("\r\n", "\n"), b.recording) for b in before]
        assert [(a.label.replace("\r\n", "\n"), a.recording) for a in after] == lines
        assert [a.starts_at for a in after] == [b.starts_at for b in before]


numbers = st.floats(0, 1e7, allow_nan=False, allow_infinity=False, width=64)
texts = st.text(max_size=20)
boxes = st.builds(
    lambda start, length, low, width, label, note: BoxAnnotation(
        start,
        start + length,
        low,
        None if width is None else (low or 0.0) + width,
        label,
        note,
        "a",
    ),
    *(numbers, numbers, st.none() | numbers, st.none() | numbers, texts, texts),
)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=40, deadline=None)
@given(before=st.lists(boxes, max_size=5))
def test_whatever_is_written_is_read_to_the_same_bytes(
    name: str, before: list[BoxAnnotation]
) -> None:
    chosen = FORMATS[name]
    content = chosen.write(before)
    after = chosen.read(content, "file")
    assert chosen.write(after) == content
    for one, other in zip(before, after, strict=True):
        assert (one.start_s, one.end_s) == (other.start_s, other.end_s)
        assert (one.low_hz, one.high_hz) == (other.low_hz, other.high_hz)
        assert one_line(one.label) == one_line(other.label)


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_without_annotations_is_one(name: str) -> None:
    chosen = FORMATS[name]
    assert chosen.read(chosen.write([]), "file") == []


@pytest.mark.parametrize("seconds", [36012.988, 1e-4, 0.0, 86399.999, 3599.9995, 1234567.891])
@pytest.mark.parametrize("name", FORMATS)
def test_times_keep_their_milliseconds_at_any_length(name: str, seconds: float) -> None:
    content = FORMATS[name].write([BoxAnnotation(seconds, seconds, 8908.015625, 12345.678)])
    (one,) = FORMATS[name].read(content, "file")
    assert (one.start_s, one.low_hz, one.high_hz) == (seconds, 8908.015625, 12345.678)
    assert "e-" not in content.decode() or name in ("csv", "jams")


def independent_audacity(data: bytes) -> list[tuple[float, float, str, float, float]]:
    """Label tracks as Audacity's manual describes them, read without a line of ours."""
    found: list[list[Any]] = []
    for line in data.decode("utf-8").split("\n"):
        if line.startswith("\\"):
            _, low, high = line.split("\t")
            found[-1][3:] = [float(low), float(high)]
        elif line:
            start, end, label = line.split("\t")
            found.append([float(start), float(end), label, -1.0, -1.0])
    return [(one[0], one[1], one[2], one[3], one[4]) for one in found]


def test_an_independent_reader_reads_audacitys_labels() -> None:
    made = random_annotations(1, 60, ("a.wav",))
    found = independent_audacity(audacity.write(made))
    assert len(found) == len(made)
    for one, (start_s, end_s, label, low_hz, high_hz) in zip(made, found, strict=True):
        assert (start_s, end_s) == (one.start_s, one.end_s)
        assert (low_hz, high_hz) == tuple(
            -1.0 if hz is None else hz for hz in (one.low_hz, one.high_hz)
        )
        assert label.split() == one.label.split()


def test_audacitys_own_labels_are_read() -> None:
    # The kinds of label in Audacity's manual: points, ranges, bands with an edge unknown.
    text = (
        "2.150000\t2.150000\tpoint\n3.400000\t6.100000\trange of time\r\n"
        "1.000000\t1.500000\thigh only\n\\\t-1.000000\t6334.588867\n"
        "3.000000\t3.500000\tlow only\n\\\t8908.015625\t-1.000000\n7\t8\n\n9\t9.5\ta\tb\n"
    )
    found = audacity.read(text.encode(), "labels.txt")
    assert [(one.start_s, one.end_s, one.label) for one in found] == [
        *((2.15, 2.15, "point"), (3.4, 6.1, "range of time"), (1.0, 1.5, "high only")),
        *((3.0, 3.5, "low only"), (7.0, 8.0, ""), (9.0, 9.5, "a\tb")),
    ]
    assert [(one.low_hz, one.high_hz) for one in found] == [
        *((None, None), (None, None), (None, 6334.588867), (8908.015625, None)),
        *((None, None), (None, None)),
    ]


def test_an_independent_reader_reads_ravens_tables() -> None:
    made = random_annotations(2, 60, ("day1/0001.wav", "day2/0001.wav"))
    table = pd.read_csv(
        io.BytesIO(raven.write(made)),
        sep="\t",
        quoting=csv.QUOTE_NONE,
        keep_default_na=False,
        float_precision="round_trip",
        dtype={"Annotation": str, "Notes": str, "Begin File": str},
    )
    assert list(table["Selection"]) == list(range(1, 61))
    assert list(table["Begin Time (s)"]) == [one.start_s for one in made]
    assert list(table["End Time (s)"]) == [one.end_s for one in made]
    edges = [str(hz) for hz in table["High Freq (Hz)"]]
    assert [float(hz) if hz else None for hz in edges] == [one.high_hz for one in made]
    assert list(table["Begin File"]) == [one.recording for one in made]
    assert [a.split() for a in table["Annotation"]] == [one.label.split() for one in made]


def test_ravens_own_tables_are_read_whatever_the_columns() -> None:
    # Each selection twice, once for each view; columns in another order, with measurements.
    text = (
        "Species\tBegin File\tSelection\tView\tChannel\tHigh Freq (Hz)\tLow Freq (Hz)"
        "\tEnd Time (s)\tBegin Time (s)\tPeak Power (dB)\tFile Offset (s)\n"
        "robin\tb.wav\t1\tWaveform 1\t1\t\t\t61.5\t60.5\t-3\t0.5\n"
        "robin\tb.wav\t1\tSpectrogram 1\t1\t4000.0\t1500.5\t61.5\t60.5\t-3\t0.5\n"
        '"wren\ta.wav\t2\tSpectrogram 1\t1\t9000,5\t100\t2,75\t1,5\t-3\t1,5\r\n'
    )
    robin, wren = raven.read(text.encode("utf-16"), "t.txt")
    assert (robin.start_s, robin.end_s, robin.low_hz, robin.high_hz) == (0.5, 1.5, 1500.5, 4000.0)
    assert (robin.label, robin.recording) == ("robin", "b.wav")
    assert (wren.start_s, wren.end_s, wren.high_hz, wren.label) == (1.5, 2.75, 9000.5, '"wren')


def test_a_selection_of_two_files_of_one_name_has_its_folder() -> None:
    header = "Selection\tBegin Time (s)\tEnd Time (s)\tBegin File\tBegin Path\n"
    rows = "1\t0\t1\t0001.wav\tC:\\day1\\0001.wav\n2\t0\t1\t0001.wav\tC:\\day2\\0001.wav\n"
    found = raven.read((header + rows).encode(), "t.txt")
    assert [one.recording for one in found] == ["C:/day1/0001.wav", "C:/day2/0001.wav"]


def test_a_jams_file_has_the_form_that_jams_asks_for() -> None:
    made = random_annotations(3, 40, ("day1/0001.wav",))
    content = json.loads(jams.write(made))
    assert set(content) == {"annotations", "file_metadata", "sandbox"}
    meta = content["file_metadata"]
    assert meta["title"] == "day1/0001.wav"
    assert meta["duration"] == max(one.end_s for one in made)
    (annotation,) = content["annotations"]
    assert annotation["namespace"] == "tag_open"
    for one, observed in zip(made, annotation["data"], strict=True):
        assert set(observed) == {"time", "duration", "value", "confidence"}
        assert observed["time"] == one.start_s
        assert observed["duration"] >= 0
        assert isinstance(observed["value"], str)


def test_observations_of_other_programs_are_read() -> None:
    observations = [
        {"time": 1.0, "duration": 0.5, "value": "dog", "confidence": 1.0},
        {"time": 2, "duration": 0, "value": {"label": "siren", "low_hz": 300}, "confidence": None},
    ]
    content = {"annotations": [{"namespace": "scaper", "data": observations, "sandbox": {}}]}
    dog, siren = jams.read(json.dumps(content).encode(), "a.jams")
    assert (dog.start_s, dog.end_s, dog.label) == (1.0, 1.5, "dog")
    assert (siren.label, siren.low_hz, siren.high_hz) == ("siren", 300.0, None)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", b"1.0\t2.0\tx\n1.0 2.0 x\n", "Line 2"),
        ("a.txt", b"\\\t1\t2\n", "Line 1"),
        ("a.txt", b"2.0\t1.0\tx\n", "Line 1"),
        ("a.txt", b"nan\t1.0\tx\n", "Line 1"),
        ("a.selections.txt", b"Selection\tLow\n1\t2\n", "Begin Time"),
        ("a.txt", b"Begin Time (s)\tEnd Time (s)\n1\t2\n1\tx\n", "Line 3"),
        ("a.csv", b"start_s,end_s\n1,2\n1,\n", "Line 3"),
        ("a.csv", b"name,end_s\nx,1\n", "start_s"),
        ("a.csv", b"start_s,end_s,starts_at\n1,2,noon\n", "starts_at"),
        ("a.jams", b'{"annotations": [{"data": [{"time": 1}]}]}', "JAMS"),
        ("a.jams", b"{", "JAMS"),
        ("a.jams", b'{"annotations": [{"data": [{"time":2,"duration":-1,"value":"x"}]}]}', "ends"),
        ("a.txt", bytes(range(256)), "no text"),
        ("a.doc", b"1\t2\tx\n", "does not say its format"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_in_a_sentence(
    name: str, content: bytes, said: str
) -> None:
    with pytest.raises(SettingError, match=said) as problem:
        read(content, name)
    assert "a." in str(problem.value)


def test_a_table_of_ones_own_is_read_whatever_its_columns_are_called() -> None:
    text = "Start;End;Species;File;starts_at\r\n0,5;36012,988;wren;a.wav;2024-05-01T06:30:00Z\r\n"
    (one,) = read(text.encode("utf-16"), "a.csv")
    assert (one.start_s, one.end_s, one.low_hz) == (0.5, 36012.988, None)
    assert (one.label, one.recording) == ("wren", "a.wav")
    assert one.starts_at is not None
    assert one.starts_at.isoformat() == "2024-05-01T06:30:00+00:00"


def test_the_content_says_the_format_where_the_name_does_not() -> None:
    made = [BoxAnnotation(0.5, 1.0, 100.0, 200.0, "x")]
    for name, chosen in FORMATS.items():
        assert format_of(chosen.write(made), f"a{chosen.suffix}").name == name
        assert format_named(f"a{chosen.suffix}").name == name
    assert format_of(raven.write(made), "a.txt").name == "raven"
    assert format_of(jams.write(made), "a.txt").name == "jams"
    # A label of Audacity's may quote Raven's columns.
    odd = audacity.write([BoxAnnotation(0, 1, label="Begin Time (s) End Time (s)")])
    assert format_of(odd, "a.txt").name == "audacity"


def test_recordings_of_one_name_in_two_folders_have_two_files() -> None:
    made = [
        BoxAnnotation(0, 1, label=name, recording=name)
        for name in ("day1/0001.wav", "day2/0001.wav", "day1_0001.wav", "day1/0001.wav")
    ]
    written = files(FORMATS["audacity"], made, "all")
    assert sorted(written) == [
        f"{s}.audacity.txt" for s in ("day1_0001", "day1_0001_2", "day2_0001")
    ]
    labels = [
        audacity.read(written[f"{stem}.audacity.txt"], "x")
        for stem in ("day1_0001", "day2_0001", "day1_0001_2")
    ]
    assert [len(one) for one in labels] == [2, 1, 1]
    assert list(files(FORMATS["raven"], made, "all")) == ["all.selections.txt"]


@pytest.mark.parametrize("name", FORMATS)
def test_regions_go_out_to_the_digit_with_their_time_of_day(name: str) -> None:
    region = Region(36012.988, 36013.5, 123.4567891, 8000.125, 36013.0, 500.0, 7.25, 0.012, "event")
    recorded_at = datetime.datetime(2024, 5, 1, 20, tzinfo=datetime.timezone.utc)
    content = write_regions([FoundRegions("day1/0001.wav", (region,), recorded_at)], name)
    (one,) = FORMATS[name].read(content, "r")
    assert (one.start_s, one.end_s, one.low_hz) == (36012.988, 36013.5, 123.4567891)
    assert one.label == "event"
    if not FORMATS[name].of_one_recording:
        assert one.recording == "day1/0001.wav"
    if name != "audacity":
        assert one.starts_at is not None
        assert one.starts_at.replace(tzinfo=None).isoformat() == "2024-05-02T06:00:12.988000"
