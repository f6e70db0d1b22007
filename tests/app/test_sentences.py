"""The app's sentences, and that text of users stays text."""

import re
from dataclasses import replace

import pytest

from app.text import explanation, markdown, sentences
from core.types import Region
from tests.support.maps import planted_map, seen_by_views

HOSTILE = [
    "<script>alert(1)</script>.wav",
    "*bold* _slanted_ ~~gone~~.wav",
    "[x](http://example.org).wav",
    "`code` ```block```.wav",
    "# heading.wav",
    "1. list.wav",
    ":red[text] :material/home: :smile:.wav",
    "$a^2$.wav",
    "www.example.org me@example.org.wav",
    "🎧 pump 🔧.wav",
    "a|b|c.wav",
    "![picture](x.png).wav",
    "&lt;b&gt;.wav",
]


def as_read(markdown: str) -> str:
    """What a Markdown reader shows of escaped text: backslashes before punctuation go."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown).replace("\u2060", "")


@pytest.mark.parametrize("name", HOSTILE)
def test_escaped_text_reads_as_itself(name: str) -> None:
    assert as_read(markdown.plain(name, longest=300)) == name


@pytest.mark.parametrize("name", HOSTILE)
def test_no_markdown_character_is_left_bare(name: str) -> None:
    escaped = markdown.plain(name, longest=300)
    assert re.search(r"(?<!\\)[`*_\[\]<>#$|~&]", escaped.replace("\\\\", "")) is None


def test_short_codes_and_bare_links_are_broken() -> None:
    shown = re.sub(r"\\(.)", r"\1", markdown.plain(":smile: www.example.org a@b.org http://x.org"))
    assert not re.search(r":[\w+-]+:", shown)
    assert not re.search(r"www\.|http:|\w@\w", shown)


def test_three_hundred_characters_are_cut_in_the_middle() -> None:
    shown = markdown.shortened("x" * 296 + ".wav")
    assert len(shown) == 60
    assert shown.endswith(".wav")
    assert "…" in shown


def test_line_breaks_and_direction_marks_are_removed() -> None:
    assert markdown.shortened("a\n\n# b\u202egpj.wav\x00") == "a # bgpj.wav"


def test_a_short_verdict_never_says_faulty_and_places_only_what_is_anomalous() -> None:
    region = Region(2.1, 2.4, 3000, 5000, 2.2, 4000, 9.0, 0.04)
    anomalous, normal = (
        sentences.short_verdict(True, region),
        sentences.short_verdict(False, region),
    )
    assert anomalous == "Anomalous, strongest at 2.1–2.4 s, 3–5 kHz"
    assert normal == "Normal"
    event = sentences.short_verdict(True, replace(region, view="event"), 5.0)
    assert event == "Anomalous: an event at 2.1–2.4 s, 3–5 kHz"


def test_each_view_has_its_p_value_and_words_only_where_the_sentence_lacks_them() -> None:
    found = seen_by_views(level=9.0)
    said = sentences.views_sentence(found)
    assert said == "Event p = 0.04 · Stationary p = 0.8 · Level p = 0.04, does not count"
    # The views weaken each other: one of them is unusual, the recording is not.
    normal = replace(seen_by_views(event=0.0), views=found.views)
    said = sentences.views_sentence(normal)
    assert said.startswith("Event: an event at 2.3–2.8 s, 1–2 kHz (p = 0.04) · Stationary p = 0.8")
    assert sentences.views_sentence(planted_map()) == ""


@pytest.mark.parametrize(
    ("p_value", "n_normal", "part"),
    [
        (1 / 13, 12, "None of the 12 normal"),
        (0.25, 12, "About 25 in 100"),
        (0.004, 999, "About 1 in 100"),
    ],
)
def test_evidence_speaks_in_counts(p_value: float, n_normal: int, part: str) -> None:
    assert part in sentences.p_value_sentence(p_value, n_normal)


def test_what_replaces_the_whole_recording_is_not_said_to_show_that_the_map_is_right() -> None:
    numbers = {"p": 1.0, "o": 1.0, "q": 0.1, "r": 0.0}
    for say in (
        lambda share: explanation.faithfulness_v1(numbers, share),
        lambda share: explanation.faithfulness_v2(numbers, "fan 3", share),
    ):
        assert "the map shows the right part" in say(0.1)
        assert "right part" not in say(0.9) and "90" in say(0.9)
    found = {"share": 0.7, "flips": True, "before": 1.0, "after": 0.2, "parts": []}
    assert "decides it" not in explanation.made_normal(found)
