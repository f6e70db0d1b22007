"""The sentences of the app: pure functions of numbers and names, in plain words.

Those on why a recording scored as it did are in `app.widgets.explanation`. Everything that comes
from a user (file names, model names) passes through `plain` before it is put where Streamlit reads
Markdown.
"""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.report import summary_sentence
from core.report.summary_sentence import where

if TYPE_CHECKING:
    from core.types import Region

UNLIKE = summary_sentence.ANOMALOUS[:1].lower() + summary_sentence.ANOMALOUS[1:]

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$^&=:\"'])")
# Emoji and icon short codes, bare links and mail addresses are found in the text after Markdown
# has been read, so a backslash does not stop them; an invisible joiner does.
_SHORT_CODE = re.compile(r":(?=[^\s:]+:)")
_BARE_LINK = re.compile(r"(?i)(https?|ftp|www)(?=[.:])")
_JOINER = "\u2060"


def shortened(text: str, longest: int = 60) -> str:
    """The text on one line without control characters, its middle cut out when it is long.

    >>> shortened("a" * 50 + ".wav", 12)
    'aaaaaaa….wav'
    """
    is_simple = text.isascii() and text.isprintable()
    kept = (
        text
        if is_simple
        else "".join(
            " " if character.isspace() else character
            for character in text
            if character.isspace()
            or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co"}
        )
    )
    line = " ".join(kept.split())
    if len(line) <= longest:
        return line
    tail = min(4, longest // 3)
    return line[: longest - tail - 1] + "…" + line[len(line) - tail :]


def plain(text: str, longest: int = 60) -> str:
    r"""Markdown that shows the text itself, whatever it holds.

    >>> print(plain("*loud* [x](y)"))
    \*loud\* \[x\]\(y\)
    """
    line = shortened(text, longest)
    line = _SHORT_CODE.sub(":" + _JOINER, line)
    line = _BARE_LINK.sub(lambda found: found.group(1) + _JOINER, line)
    line = line.replace("@", "@" + _JOINER)
    return _MARKDOWN.sub(r"\\\1", line)


def sentence(error: BaseException) -> str:
    """An error's own sentence as Markdown that shows it as it is."""
    return plain(str(error), longest=600)


def common_name(names: Sequence[str]) -> str:
    """What file names begin with alike, without folders and numbers; empty where that is nothing.

    >>> common_name(["pump 01.wav", "pump 02.wav"]), common_name(["a.wav", "b.wav"])
    ('pump', '')
    """
    if not names:
        return ""
    stems = [name.rsplit("/", 1)[-1].rsplit(".", 1)[0] for name in names]
    first, last = min(stems), max(stems)
    alike = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    n_alike = sum(1 for _ in alike)
    found = re.sub(r"[\W\d_]+$", "", first[:n_alike])
    return shortened(found, 40) if len(found) > 1 else ""


def percent(share: float) -> str:
    """A share as a percentage with no more digits than it deserves.

    >>> percent(0.05), percent(0.083), percent(0.0004)
    ('5 %', '8.3 %', '0.04 %')
    """
    value = 100 * share
    if value >= 10 or value == round(value):
        return f"{value:.0f} %"
    return f"{value:.1f} %" if value >= 1 else f"{value:.2g} %"


def duration(seconds: float) -> str:
    """A length of time for people.

    >>> duration(5.0), duration(0.25), duration(95), duration(4000)
    ('5.0 s', '0.25 s', '1 min 35 s', '1 h 6 min')
    """
    if seconds < 1:
        return f"{seconds:.2g} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"


def size(n_bytes: int | None) -> str:
    """A size for people, in units of 1,024.

    >>> size(900), size(25_300_000), size(3 * 2**30), size(None)
    ('1 KiB', '24 MiB', '3.0 GiB', 'not measured yet')
    """
    if n_bytes is None:
        return "not measured yet"
    if n_bytes < 2**20:
        return f"{max(1, round(n_bytes / 2**10)):,} KiB"
    if n_bytes < 2**30:
        return f"{n_bytes / 2**20:,.0f} MiB"
    return f"{n_bytes / 2**30:,.1f} GiB"


def time_left(seconds: float | None) -> str:
    """How long work will still take, roughly.

    >>> time_left(None), time_left(3), time_left(42), time_left(300)
    ('', 'a few seconds left', 'about 40 s left', 'about 5 min left')
    """
    if seconds is None:
        return ""
    if seconds < 8:
        return "a few seconds left"
    if seconds < 90:
        return f"about {round(seconds, -1):.0f} s left"
    if seconds < 5400:
        return f"about {seconds / 60:.0f} min left"
    return f"about {seconds / 3600:.1f} h left"


def short_verdict(
    anomalous: bool, strongest: Region | None = None, clip_seconds: float = math.inf
) -> str:
    """The verdict for a column under a heading that says what it is compared with.

    >>> short_verdict(True), short_verdict(False)
    ('Unlike normal', 'Like normal')
    """
    if not anomalous:
        return "Like normal"
    return "Unlike normal" + (f", {where(strongest, clip_seconds)}" if strongest else "")


def evidence(p_value: float, n_normal: int) -> str:
    """What a p-value means for one clip, in counts.

    >>> evidence(0.08, 24)
    'About 8 in 100 normal recordings would score as high (p = 0.08).'
    """
    smallest = 1 / (n_normal + 1) if n_normal > 0 else 0.0
    if p_value <= smallest * 1.0001:
        return (
            f"None of the {n_normal} held-out normal recordings scored as high "
            f"(p = {p_value:.2g}, the least that {n_normal} can show)."
        )
    in_hundred = max(1, round(100 * p_value))
    return f"About {in_hundred} in 100 normal recordings would score as high (p = {p_value:.2g})."


def counted(count: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "clip"), counted(1200, "clip")
    ('1 clip', '1,200 clips')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def set_summary(durations_seconds: Sequence[float]) -> str:
    """How much sound there is.

    >>> set_summary([5.0, 5.0])
    '2 clips, 10.0 s of sound'
    """
    total = duration(sum(durations_seconds))
    return f"{counted(len(durations_seconds), 'clip')}, {total} of sound"
