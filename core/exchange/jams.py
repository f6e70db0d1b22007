"""JAMS files, the JSON form of music informatics: one of a recording.

An annotation is an observation of the namespace `tag_open`: time, duration, and the label as its
value. JAMS has no place for a band, so it lies with the note in the `sandbox`, which JAMS leaves to
programs. The form is that of Humphrey et al., "JAMS: a JSON annotated music specification",
ISMIR 2014, in its version 0.3.4.
"""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from core.errors import SettingError
from core.exchange.box_annotation import BoxAnnotation
from core.exchange.text import decoded

VERSION = "0.3.4"
NAMESPACE = "tag_open"
SANDBOX = "hearmap"
# Of a second: what adding a duration to a beginning may be wrong by.
_ROUNDED = 1e-6


def write(annotations: Iterable[BoxAnnotation]) -> bytes:
    """Write the annotations of one recording.

    Args:
        annotations: Those of one recording; the first names it.

    Returns:
        The file.
    """
    ours = list(annotations)
    name = ours[0].recording if ours else ""
    ends_s = max((one.end_s for one in ours), default=0.0)
    content = {
        "annotations": [
            {
                "namespace": NAMESPACE,
                "data": [
                    {
                        "time": one.start_s,
                        "duration": one.end_s - one.start_s,
                        "value": one.label,
                        "confidence": None,
                    }
                    for one in ours
                ],
                "annotation_metadata": {},
                "sandbox": {
                    SANDBOX: [
                        {
                            "end_s": one.end_s,
                            "low_hz": one.low_hz,
                            "high_hz": one.high_hz,
                            "note": one.note,
                            "starts_at": one.starts_at and one.starts_at.isoformat(),
                        }
                        for one in ours
                    ]
                },
                "time": 0,
                "duration": ends_s,
            }
        ],
        "file_metadata": {
            "title": name,
            "artist": "",
            "release": "",
            "duration": ends_s,
            "identifiers": {},
            "jams_version": VERSION,
        },
        "sandbox": {},
    }
    return f"{json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)}\n".encode()


def read(data: bytes, name: str) -> list[BoxAnnotation]:
    """Read every observation of a file whose value is a text, or an object with a label.

    Args:
        data: The file.
        name: What sentences call it.

    Returns:
        The annotations in their order.

    Raises:
        SettingError: It is no JAMS file, or an observation makes no sense.
    """
    try:
        content = json.loads(decoded(data, name))
        recording = str((content.get("file_metadata") or {}).get("title") or "")
        return [
            one
            for annotation in content["annotations"]
            for one in _observations(annotation, recording)
        ]
    except SettingError as error:
        raise SettingError(f"“{name}”: {error}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SettingError(f"“{name}” is no JAMS file that can be read.") from None


def _observations(annotation: Mapping[str, Any], recording: str) -> list[BoxAnnotation]:
    data = annotation["data"]
    if isinstance(data, dict):
        # Dense observations are a list a field, in older files.
        fields = ("time", "duration", "value")
        data = [
            dict(zip(fields, values, strict=True))
            for values in zip(*(data[field] for field in fields), strict=True)
        ]
    more = (annotation.get("sandbox") or {}).get(SANDBOX)
    if not isinstance(more, list) or len(more) != len(data):
        more = [{}] * len(data)
    return [
        _annotation(observed, known, recording) for observed, known in zip(data, more, strict=True)
    ]


def _annotation(
    observed: Mapping[str, Any], known: Mapping[str, Any], recording: str
) -> BoxAnnotation:
    value = observed["value"]
    described = value if isinstance(value, dict) else {}
    label = described.get("label", "") if described else value
    start_s = float(observed["time"])
    end_s = start_s + float(observed["duration"])
    known_end_s = _optional(known.get("end_s"))
    if known_end_s is not None and math.isclose(known_end_s, end_s, abs_tol=_ROUNDED):
        end_s = known_end_s
    moment = known.get("starts_at")
    return BoxAnnotation(
        start_s,
        end_s,
        _optional(known.get("low_hz", described.get("low_hz"))),
        _optional(known.get("high_hz", described.get("high_hz"))),
        label="" if label is None else str(label),
        note=str(known.get("note", "")),
        recording=recording,
        starts_at=None if moment is None else datetime.datetime.fromisoformat(moment),
    )


def _optional(value: float | None) -> float | None:
    return None if value is None else float(value)
