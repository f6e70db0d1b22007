"""The report is one file that needs nothing else, and takes no orders from a file name."""

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import soundfile

from core.explanation import Explanation
from core.report import report_html
from core.spectrogram import SpectrogramSettings, spectrogram
from core.types import Clip
from tests.maps import planted_map

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
    assert "Unlike the normal recordings" in (picture["alt"] or "")


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
    assert "Like the normal recordings you supplied." in text
