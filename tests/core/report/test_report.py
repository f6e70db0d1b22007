"""The report is one file that needs nothing else, and takes no orders from a file name."""

import base64
import csv
import dataclasses
import datetime
import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
import soundfile

from core.detectors.calibration.calibration import Calibration
from core.exchange import audacity, csv_boxes, raven
from core.explain.explanation import Explanation
from core.report.batch import BatchReport
from core.report.recording import report_files, report_html, threshold_sentence
from core.spectral.spectrogram import SpectrogramSettings, spectrogram
from core.types import AnomalyMap, Clip
from tests.support.maps import planted_map, seen_by_views

HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"


class Tags(HTMLParser):
    """Every tag with its attributes, and the text between."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def explained(name: str = "fan.wav", *, quiet: bool = False, filled: bool = False) -> Explanation:
    tone = np.sin(2 * np.pi * 440 * np.arange(220_500) / 44_100).astype(np.float32)
    clip = Clip.from_samples(0.5 * tone, 44_100, name)
    half = Clip.from_samples(0.25 * tone, 44_100, name)
    faithfulness = {"p": 0.9, "o": 0.8, "q": 0.2, "ff_v1_keep": 0.1, "ff_v1_remove": 0.7}
    return Explanation(
        clip=clip,
        spectrogram=spectrogram(clip, SpectrogramSettings()),
        found=planted_map(name=name, quiet=quiet),
        kept=half,
        removed=half,
        filled=half if filled else None,
        faithfulness=faithfulness,
    )


def test_sounds_and_picture_are_inside_and_play() -> None:
    page = Tags(report_html(explained(), {"Head": "patchcore"}))
    sounds = [attributes["src"] for tag, attributes in page.tags if tag == "audio"]
    assert len(sounds) == 3
    content = base64.b64decode((sounds[0] or "").removeprefix("data:audio/wav;base64,"))
    samples, rate = soundfile.read(io.BytesIO(content))
    assert (len(samples), rate) == (220_500, 44_100)
    assert np.abs(samples).max() == pytest.approx(0.5, abs=1e-3)
    (picture,) = [attributes for tag, attributes in page.tags if tag == "img"]
    assert (picture["src"] or "").startswith("data:image/png;base64,")
    assert "Anomalous compared with the normal" in (picture["alt"] or "")


def test_a_filled_sound_is_there_when_it_was_made() -> None:
    page = Tags(report_html(explained(filled=True), {}))
    assert sum(tag == "audio" for tag, _ in page.tags) == 4


def test_nothing_is_loaded_from_elsewhere() -> None:
    source = report_html(explained(), {})
    assert not re.search(r"https?:|//[a-z]|@import|url\(", re.sub(r'"data:[^"]*"', "", source))
    assert "default-src 'none'" in source


def test_user_text_is_text() -> None:
    source = report_html(explained(HOSTILE), {HOSTILE: HOSTILE})
    page = Tags(source)
    assert not {"script"} & {tag for tag, _ in page.tags}
    assert sum(tag == "img" for tag, _ in page.tags) == 1
    assert not any("onerror" in attributes for _, attributes in page.tags)
    assert page.text.count(HOSTILE) == 4  # title, heading, setting's name and value


def test_numbers_regions_and_settings_are_shown() -> None:
    text = Tags(report_html(explained(), {"Head": "patchcore"})).text
    assert "2.3–2.8 s, 1–2 kHz" in text
    assert "patchcore" in text
    assert "0.700" in text


def test_a_clip_without_regions_says_so() -> None:
    text = Tags(report_html(explained(quiet=True), {})).text
    assert "No part of the map exceeds the threshold." in text
    assert "Normal compared with the normal recordings you supplied." in text


def seen(found: AnomalyMap) -> Explanation:
    return dataclasses.replace(explained(found.clip_name), found=found)


def cells(source: str) -> list[list[str]]:
    """The text of every table row."""
    rows = re.findall(r"<tr>(.*?)</tr>", source)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


def test_the_page_says_what_each_view_found_and_which_one_a_region_comes_from() -> None:
    page = report_html(seen(seen_by_views(level=9.0)), {})
    assert cells(page)[:4] == [
        ["View", "Finding", "p", "Verdict"],
        ["Event", "an event at 2.3–2.8 s, 1–2 kHz", "0.04", "counts"],
        ["Stationary", "nothing unusual", "0.8", "counts"],
        ["Level", "9 dB louder than any normal recording", "0.04", "does not count"],
    ]
    assert ["1", "2.3–2.8 s, 1–2 kHz", "Event", "9", "0.04"] in cells(page)
    assert "an event at 2.3–2.8 s, 1–2 kHz. It is also 9 dB louder" in Tags(page).text
    assert "What each view says" not in report_html(explained(), {})


def regions_of(found: AnomalyMap, **options: Any) -> list[dict[str, str]]:
    files = report_files(seen(found), "", **options)
    return list(csv.DictReader(io.StringIO(files["regions.csv"].decode())))


def test_regions_as_a_table_name_their_view() -> None:
    (row,) = regions_of(seen_by_views())
    assert (row["view"], float(row["start_s"]), float(row["low_hz"])) == ("event", 2.3, 1000)
    (row,) = regions_of(planted_map(name="day1/=fan.wav"))
    assert row["view"] == ""
    assert (row["recording"], row["starts_at"]) == ("day1/=fan.wav", "")


def test_regions_of_a_stretch_count_from_the_recordings_beginning() -> None:
    found = planted_map(name="day1/0001.wav")
    start = datetime.datetime(2024, 5, 1, 20)
    (row,) = regions_of(found, recorded_at=start, start_s=36010.688)
    assert float(row["start_s"]) == 36010.688 + found.regions[0].start_s
    assert row["start_s"].startswith("36012.988")
    assert row["starts_at"] == "2024-05-02T06:00:12.988000"
    files = report_files(seen(found), "", start_s=36010.688)
    (one,) = raven.read(files["regions.selections.txt"], "r")
    assert one.start_s == float(row["start_s"])
    (other,) = audacity.read(files["regions.audacity.txt"], "r")
    assert (other.start_s, other.high_hz) == (one.start_s, found.regions[0].high_hz)
    with np.load(io.BytesIO(files["map.npz"])) as arrays:
        assert arrays["time_s"][0] == pytest.approx(36010.688 + found.time_s[0])
    assert "from 36010.688 s" in report_html(seen(found), {}, start_s=36010.688)


def test_regions_beyond_a_hundred_are_counted_and_said() -> None:
    found = planted_map()
    many = dataclasses.replace(found, regions=found.regions * 153, n_regions=0)
    assert (len(many.regions), many.n_regions) == (100, 153)
    assert "The 100 strongest of 153 regions" in report_html(seen(many), {})
    assert "strongest of" not in report_html(explained(), {})
    region = found.regions[0]
    box = (region.start_s, region.end_s, region.low_hz, region.high_hz)
    exact = re.findall(
        r'<td title="(\S+) to (\S+) s, (\S+) to (\S+) Hz">', report_html(explained(), {})
    )
    assert [tuple(map(float, one)) for one in exact] == [box]
    report = BatchReport("Monday", SpectrogramSettings(), {}, "")
    report.add(many, None)
    assert "153" in [cell for row in cells(report.html()) for cell in row]
    assert "the 100 strongest regions are listed" in Tags(report.html()).text
    files = report.files()
    assert json.loads(files["scores.json"])[0]["n_regions"] == 153
    (row,) = csv.DictReader(io.StringIO(files["scores.csv"].decode()))
    assert row["n_regions"] == "153"


def test_a_batch_says_of_each_recording_what_each_view_found() -> None:
    report = BatchReport("Monday", SpectrogramSettings(), {}, "")
    one = seen(seen_by_views(level=9.0, name=HOSTILE))
    report.add(one.found, one.clip)
    assert cells(report.html())[1] == ["Event", "an event at 2.3–2.8 s, 1–2 kHz", "0.04", "counts"]
    files = report.files()
    (listed,) = json.loads(files["scores.json"])
    assert [view["view"] for view in listed["views"]] == ["event", "stationary", "level"]
    (row,) = csv.DictReader(io.StringIO(files["scores.csv"].decode()))
    assert row["strongest_view"] == "event"


def test_where_the_threshold_comes_from_and_further_sounds_are_there() -> None:
    normal = Calibration(np.arange(9.0), 5.0, 7, False)
    said = threshold_sentence(normal, 0.05)
    extra = explained().clip
    page = Tags(report_html(explained(), {}, threshold_note=said, further=[(HOSTILE, extra)]))
    assert "what 5 of 100 normal recordings would exceed" in page.text
    assert "counted on 9 clips of 7 normal recordings, left out of the fit." in page.text
    assert "9 normal recordings measure false-alarm rates down to 10.0 %" in page.text
    assert sum(tag == "audio" for tag, _ in page.tags) == 4
    assert "script" not in {tag for tag, _ in page.tags}


def batch(n_clips: int = 3) -> BatchReport:
    report = BatchReport("Monday <b>", SpectrogramSettings(), {"Head": "padim"}, "At 5 %.")
    for k in range(n_clips):
        one = explained(f"{HOSTILE if k == 1 else 'fan'} {k}.wav", quiet=k % 2 == 0)
        found = dataclasses.replace(one.found, score=one.found.score + k / 100)
        report.add(found, one.clip)
    report.add_failed(HOSTILE, "This is <i>text</i>.")
    return report


def test_a_batch_has_the_strongest_first_each_seen_and_heard() -> None:
    source = batch().html()
    page = Tags(source)
    assert [text for text in re.findall(r"<h3>(\d)\. (\w*)", source)][1:] == [
        ("2", "fan"),
        ("3", "fan"),
    ]
    assert "1. " + HOSTILE in page.text and "This is <i>text</i>." in page.text
    assert not {"script", "b", "i"} & {tag for tag, _ in page.tags}
    sounds = [attributes["src"] or "" for tag, attributes in page.tags if tag == "audio"]
    content = base64.b64decode(sounds[0].removeprefix("data:audio/flac;base64,"))
    samples, rate = soundfile.read(io.BytesIO(content))
    assert len(samples) == round(1.1 * rate)  # the region of 0.5 s, and 0.3 s to either side
    assert "1 of 3 recordings is anomalous" in page.text
    assert "default-src 'none'" in source
    assert not re.search(r"https?:|//[a-z]|@import|url\(", re.sub(r'"data:[^"]*"', "", source))


def test_a_batch_is_bounded_and_says_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.report.batch.MOST_PICTURES", 2)
    monkeypatch.setattr("core.report.batch.MOST_ROWS", 4)
    monkeypatch.setattr("core.report.batch.MOST_SOUND_CHARACTERS", 10)
    source = batch(7).html()
    assert source.count("<img") == 2 and source.count("<audio") == 0
    assert "And 3 more, in scores.csv." in source


def test_the_files_beside_a_batch_hold_every_number() -> None:
    files = batch().files()
    rows = list(csv.DictReader(io.StringIO(files["scores.csv"].decode())))
    assert [row["anomalous"] for row in rows] == ["True", "False", "False", ""]
    assert float(rows[0]["strongest_low_hz"]) == 1000.0
    listed = json.loads(files["scores.json"])
    assert listed[0]["regions"][0]["start_s"] == pytest.approx(2.3)
    sounds = [name for name in files if name.startswith("sounds/")]
    assert len(sounds) == 3 and all(name.count("/") == 1 for name in sounds)
    assert sum(name.startswith("pictures/") for name in files) == 3


def test_the_files_keep_every_name_and_every_digit() -> None:
    report = BatchReport("Monday", SpectrogramSettings(), {}, "")
    start = datetime.datetime(2024, 5, 1, 20, tzinfo=datetime.timezone.utc)
    for name in ("day1/0001.wav", "day2/0001.wav"):
        found = dataclasses.replace(planted_map(name=name), score=9.12345678901)
        report.add(found, explained().clip, recorded_at=start)
    report.add(planted_map(name="=a.wav"), None, other_names=["@b.wav"])
    report.add_failed("+c.wav", "-1 is no length.")
    files = report.files()
    wanted = ["day1/0001.wav", "day2/0001.wav", "=a.wav", "@b.wav", "+c.wav"]
    assert [row["clip"] for row in json.loads(files["scores.json"])] == wanted
    rows = list(csv.DictReader(io.StringIO(files["scores.csv"].decode())))
    assert [row["clip"] for row in rows] == [*wanted[:2], "'=a.wav", "'@b.wav", "'+c.wav"]
    assert rows[-1]["error"] == "'-1 is no length."
    assert [row["score"] for row in rows[:2]] == ["9.12345678901"] * 2
    assert rows[0]["recorded_at"] == "2024-05-01T20:00:00+00:00"
    pictures = [name for name in files if name.startswith("pictures/")]
    assert [name.partition("_")[2] for name in pictures] == ["day1_0001.png", "day2_0001.png"]
    for name, module in (("regions.csv", csv_boxes), ("regions.selections.txt", raven)):
        found_in = [one.recording for one in module.read(files[name], name)]
        assert found_in == wanted[:4]
    assert "=a.wav, also @b.wav" in Tags(report.html()).text
    assert Tags(report.html()).text.count("recorded 2024-05-01 20:00:00+00:00") == 4


def test_a_name_that_is_no_utf_8_is_written_and_stays_apart_from_others() -> None:
    report = BatchReport("Monday", SpectrogramSettings(), {}, "")
    names = ("a\udcff.wav", "a\udcfe.wav")
    for name in names:
        report.add(planted_map(name=name), explained().clip)
    files = report.files()
    assert [row["clip"] for row in json.loads(files["scores.json"])] == sorted(names)
    rows = list(csv.DictReader(io.StringIO(files["scores.csv"].decode())))
    assert [row["clip"] for row in rows] == [r"a\udcfe.wav", r"a\udcff.wav"]
    assert r"a\udcff.wav" in report.html().encode().decode()
    alone = report_files(explained(names[0]), report_html(explained(names[0]), {}))
    assert all(isinstance(content, bytes) for content in alone.values())


def test_an_empty_batch_and_clips_whose_sound_is_gone_still_make_a_page() -> None:
    report = BatchReport("Nothing", SpectrogramSettings(), {}, "")
    assert "No recording was scored" in report.html()
    report.add(explained().found, None)
    assert "The one recording is anomalous" in report.html() and "<img" not in report.html()
