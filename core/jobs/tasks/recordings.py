"""Recordings of the store, read one at a time; those that cannot be used leave a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from core.errors import AudioError, HearMapError, SettingError

if TYPE_CHECKING:
    from core.audio import Channel
    from core.types import Clip

SENTENCES_SHOWN = 3


def readable(
    clip_ids: Sequence[str],
    channel: Channel,
    sample_rate: int,
    left_out: list[str],
    used: list[str],
) -> Iterator[Clip]:
    """The usable clips, one at a time; the ids of those go to `used`, sentences to `left_out`."""
    from core.audio import read_clip
    from core.storage import recordings

    for clip_id in clip_ids:
        name = None
        try:
            record = recordings.get_recording(clip_id)
            name = record.name
            if record.info.problem:
                raise AudioError(record.info.problem)
            clip = read_clip(
                recordings.recording_path(clip_id),
                name=name,
                channel=channel,
                sample_rate=sample_rate,
            )
        except HearMapError as error:
            left_out.append(naming(name, error))
            continue
        used.append(clip_id)
        yield clip


def naming(name: str | None, error: HearMapError) -> str:
    """An error's sentence, which names its recording."""
    sentence = str(error)
    return sentence if name is None or name in sentence else f"“{name}”: {sentence}"


def with_left_out(sentence: str, left_out: Sequence[str]) -> str:
    """A sentence with the first of those on recordings that were left out."""
    if not left_out:
        return sentence
    shown = " ".join(left_out[:SENTENCES_SHOWN])
    more = len(left_out) - SENTENCES_SHOWN
    rest = f" And {more} more." if more > 0 else ""
    return f"{sentence} Left out: {shown}{rest}"


def channel_of(channel: object) -> Channel:
    """A channel as it was asked for.

    Raises:
        SettingError: it is neither a number from 0 on nor "mean".
    """
    if channel == "mean":
        return "mean"
    if isinstance(channel, int) and not isinstance(channel, bool) and channel >= 0:
        return channel
    raise SettingError(f"A channel is a number from 0 on, or “mean”, not “{channel}”.")
