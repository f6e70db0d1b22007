"""The formats by name: which one a file has, and annotations of many recordings as files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType

from core.errors import SettingError
from core.exchange import audacity, csv_boxes, jams, raven
from core.exchange.box_annotation import BoxAnnotation
from core.exchange.text import decoded
from core.runtime.file_names import distinct_stems


@dataclass(frozen=True)
class Format:
    """A format of annotations.

    Attributes:
        name: Its name on the command line.
        title: Its name in the app.
        suffix: How a file's name ends that HearMap writes.
        module: What writes and reads it.
        of_one_recording: Whether a file of it is of one recording.
    """

    name: str
    title: str
    suffix: str
    module: ModuleType
    of_one_recording: bool = False

    @property
    def write(self) -> Callable[[Iterable[BoxAnnotation]], bytes]:
        """Write annotations."""
        write: Callable[[Iterable[BoxAnnotation]], bytes] = self.module.write
        return write

    @property
    def read(self) -> Callable[[bytes, str], list[BoxAnnotation]]:
        """Read a file of the name given second, which sentences call it by."""
        read: Callable[[bytes, str], list[BoxAnnotation]] = self.module.read
        return read


FORMATS = {
    one.name: one
    for one in (
        Format("audacity", "Audacity", ".audacity.txt", audacity, of_one_recording=True),
        Format("raven", "Raven", ".selections.txt", raven),
        Format("jams", "JAMS", ".jams", jams, of_one_recording=True),
        Format("csv", "CSV", ".csv", csv_boxes),
    )
}
"""The formats by name."""

# The end of a file's name says its format; the first that fits counts.
_SUFFIXES = {
    ".selections.txt": "raven",
    ".raven.txt": "raven",
    ".audacity.txt": "audacity",
    ".txt": "audacity",
    ".jams": "jams",
    ".json": "jams",
    ".csv": "csv",
    ".tsv": "csv",
}


def format_named(file_name: str) -> Format:
    """Find the format that a file's name asks for.

    Args:
        file_name: The name of a file to be written.

    Returns:
        The format.

    Raises:
        SettingError: The name asks for none.

    >>> format_named("day1/a.selections.txt").name, format_named("a.TXT").name
    ('raven', 'audacity')
    """
    lower = file_name.lower()
    for suffix, name in _SUFFIXES.items():
        if lower.endswith(suffix):
            return FORMATS[name]
    endings = ", ".join(one.suffix for one in FORMATS.values())
    raise SettingError(f"“{file_name}” does not say its format; it may end in {endings}.")


def read(data: bytes, name: str) -> list[BoxAnnotation]:
    """Read a file of any of the formats; its name and its content say which it is.

    Args:
        data: The file.
        name: Its name.

    Returns:
        Its annotations.

    Raises:
        SettingError: It has none of the formats, or is damaged.
    """
    return format_of(data, name).read(data, name)


def format_of(data: bytes, name: str) -> Format:
    """Find the format that a file has.

    Args:
        data: The file.
        name: Its name.

    Returns:
        The format.

    Raises:
        SettingError: It is no text.
    """
    text = decoded(data, name)
    first = text.lstrip()[:1]
    if raven.is_table(text):
        return FORMATS["raven"]
    if first == "{":
        return FORMATS["jams"]
    return format_named(name)


def files(chosen: Format, annotations: Sequence[BoxAnnotation], stem: str) -> dict[str, bytes]:
    """Write annotations of many recordings: into one file, or into one for each recording.

    Args:
        chosen: The format.
        annotations: Any.
        stem: The name of the one file, without its end.

    Returns:
        Content by name. Recordings of one name in two folders have files of two names.
    """
    names = list(dict.fromkeys(one.recording for one in annotations))
    if not chosen.of_one_recording or len(names) < 2:
        return {f"{stem}{chosen.suffix}": chosen.write(annotations)}
    return {
        f"{file_stem}{chosen.suffix}": chosen.write(
            one for one in annotations if one.recording == name
        )
        for name, file_stem in zip(names, distinct_stems(names), strict=True)
    }
