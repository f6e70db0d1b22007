"""Texts and numbers as files of other programs have them."""

from __future__ import annotations

import codecs
import re

import numpy as np

from core.errors import SettingError

MOST_BYTES = 20_000_000
# Tabs, and all that some program takes for the end of a line.
_BREAKS = re.compile("[\t\n\x0b\x0c\r\x1c-\x1e\x85\u2028\u2029]")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decoded(data: bytes, name: str) -> str:
    """Decode a text file: UTF-8, UTF-16 as Excel writes it, else Windows' Western code page.

    Args:
        data: The file.
        name: What sentences call it.

    Returns:
        The text without a byte order mark.

    Raises:
        SettingError: It is too large or no text.
    """
    if len(data) > MOST_BYTES:
        raise SettingError(f"“{name}” is larger than {MOST_BYTES // 10**6} MB; divide it.")
    if data.startswith(_UTF_16):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError:
            raise SettingError(f"“{name}” is no text; save it as UTF-8.") from None
    if b"\x00" in data[:4096]:
        raise SettingError(f"“{name}” is no text; save it as UTF-8.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    return text.replace("\x00", "�")


def lines_of(text: str) -> list[str]:
    r"""Split a text into lines at the ends of lines of Windows, Unix and old Macs only.

    Args:
        text: Of a file.

    Returns:
        The lines without their ends.

    >>> lines_of("a\r\nb\u2028c\n")
    ['a', 'b\u2028c']
    """
    lines = re.split(r"\r\n|\n|\r", text)
    return lines[:-1] if lines[-1] == "" else lines


def one_line(text: str) -> str:
    r"""Put a text on one line without tabs, for formats in which these part cells.

    Args:
        text: Any text.

    Returns:
        The text with spaces for tabs and ends of lines.

    >>> one_line("a\tb\r\nc")
    'a b  c'
    """
    return _BREAKS.sub(" ", text)


def storable(text: str) -> str:
    """Replace what no file or database holds: NUL and halves of surrogate pairs.

    Args:
        text: Any text.

    Returns:
        Text that can be encoded.
    """
    # With "replace" an encoder writes "?", which could have been meant.
    return re.sub("[\x00\ud800-\udfff]", "�", text)


def decimal(value: float, least_digits: int = 0) -> str:
    """Write a number without an exponent, in the fewest digits that are read back as the same.

    Args:
        value: A finite number.
        least_digits: The least number of digits behind the point.

    Returns:
        The number, with a point.

    >>> decimal(36012.988), decimal(1e-7), decimal(2.5, 6), decimal(-0.0)
    ('36012.988', '0.0000001', '2.500000', '0')
    """
    value = float(value) + 0.0  # no -0
    if not least_digits:
        return np.format_float_positional(value, trim="-")
    return np.format_float_positional(value, trim="k", min_digits=least_digits)


def number(text: str) -> float:
    """Read a number, with a decimal point or a decimal comma.

    Args:
        text: A cell.

    Returns:
        The number.

    Raises:
        ValueError: It is none.

    >>> number("36012,988"), number("36.012,5"), number(" 1e3 ")
    (36012.988, 36012.5, 1000.0)
    """
    text = text.strip().replace("−", "-")
    if "_" in text:
        raise ValueError(text)  # Python would read 1_000
    comma, point = text.rfind(","), text.rfind(".")
    if comma > point:
        text = text.replace(".", "").replace(",", ".")
    elif comma >= 0:
        text = text.replace(",", "")
    return float(text)
