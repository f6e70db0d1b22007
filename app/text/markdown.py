"""Text of users and errors as Markdown that shows exactly that text.

Everything that comes from a user (names of files and models) passes through `plain` before it is
put where Streamlit reads Markdown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$^&=:\"'])")
# Emoji and icon short codes, bare links and mail addresses are found in the text after Markdown
# has been read, so a backslash does not stop them; an invisible joiner does.
_SHORT_CODE = re.compile(r":(?=[^\s:]+:)")
_BARE_LINK = re.compile(r"(?i)(https?|ftp|www)(?=[.:])")
_JOINER = "\u2060"
LONGEST_SENTENCE = 600


def shortened(text: str, longest: int = 60) -> str:
    """Put a text on one line without control characters, cutting out the middle of a long one.

    Args:
        text: Any text.
        longest: The most characters that are returned.

    Returns:
        The line, not escaped for Markdown.

    >>> shortened("a" * 50 + ".wav", 12)
    'aaaaaaa….wav'
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(
            " " if character.isspace() else character
            for character in text
            if character.isspace()
            or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co"}
        )
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    tail = min(4, longest // 3)
    return line[: longest - tail - 1] + "…" + line[len(line) - tail :]


def plain(text: str, longest: int = 60) -> str:
    r"""Escape a text so that Markdown shows the text itself, whatever it contains.

    Args:
        text: Any text.
        longest: The most characters that are shown.

    Returns:
        One line of Markdown.

    >>> print(plain("*loud* [x](y)"))
    \*loud\* \[x\]\(y\)
    """
    line = shortened(text, longest)
    line = _SHORT_CODE.sub(":" + _JOINER, line)
    line = _BARE_LINK.sub(lambda found: found.group(1) + _JOINER, line)
    line = line.replace("@", "@" + _JOINER)
    return _MARKDOWN.sub(r"\\\1", line)


def sentence(problem: object) -> str:
    """Escape a sentence on a problem, up to 600 characters of it.

    Args:
        problem: An error with a sentence for people, or the sentence.

    Returns:
        One line of Markdown.
    """
    return plain(str(problem), LONGEST_SENTENCE)


def listed(names: Sequence[str], most: int) -> str:
    """List names in a line, and say how many more there are.

    Args:
        names: The names, as Markdown.
        most: How many are listed.

    Returns:
        A line of Markdown.

    >>> listed(["a", "b", "c"], 2), listed(["a"], 2)
    ('a, b and 1 more', 'a')
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def bullets(problems: Sequence[str], most: int = 50) -> str:
    """List sentences below each other.

    Args:
        problems: The sentences; at least one.
        most: How many are listed before the rest is only counted.

    Returns:
        Markdown, a line each.

    >>> print(bullets(["a", "b", "c"], most=2))
    - a
    - b
    - … and 1 more.
    """
    lines = [f"- {sentence(problem)}" for problem in problems[:most]]
    if len(problems) > most:
        lines.append(f"- … and {len(problems) - most:,} more.")
    return "\n".join(lines)
