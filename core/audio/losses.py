"""Sentences on what a file holds that could not be heard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.audio.decoding.containers import Sound, holds_two_movies, lacks_bytes
from core.audio.decoding.sndfile import TAG_BYTES, SndfileDecoder
from core.audio.decoding.stream_ends import lacks_end_flag
from core.audio.decoding.watched_file import WatchedFile

if TYPE_CHECKING:
    from core.audio.decoding.ffmpeg import FfmpegDecoder


@dataclass(frozen=True)
class Reading:
    """How far a file has been read.

    Attributes:
        file: the file
        sound: where in it the sound lies, None where only its decoder knows
        decoder: what decodes it
        second: what went on where that gave up, None if nothing did
        n_heard: the sample after the last that was heard
        at_end: whether it has been read to its end
    """

    file: WatchedFile
    sound: Sound | None
    decoder: SndfileDecoder | FfmpegDecoder
    second: FfmpegDecoder | None
    n_heard: int
    at_end: bool


def losses(reading: Reading) -> Iterator[str]:
    """Say what could not be heard.

    Args:
        reading: how far the file has been read

    Yields:
        Sentences, without the file's name.
    """
    decoder, sound, rate = reading.decoder, reading.sound, reading.decoder.sample_rate
    n_declared = _declared(decoder, sound)
    n_missing = n_declared - reading.n_heard
    is_cut = lacks_bytes(reading.file)
    is_cut |= decoder.is_cut
    is_cut |= sound is not None and (sound.n_declared or 0) > sound.n_bytes + 1
    fault = (reading.second or decoder).first_fault
    if reading.at_end and (is_cut or n_missing > decoder.n_inexact):
        digits = 3 if 0 < n_missing < 0.02 * rate else 2
        of = f" of {n_declared / rate:.{digits}f} s" if n_missing > 0 else ""
        heard = f"{reading.n_heard / rate:.{digits}f} s"
        yield f"The file is cut short or damaged; {heard}{of} could be read."
    elif fault is not None and not 0 < n_declared <= fault:
        what = "something is missing there, or wrong from there on"
        if n_silent := (reading.second or decoder).n_silent:
            what = f"{n_silent / rate:.2f} s of it could not be decoded, and is silence"
        yield f"The file is damaged at {fault / rate:.2f} s; {what}."
    if n_after := _n_after(reading):
        yield f"The last {n_after:,} bytes of the file are no sound of it, and are not heard."
    if 0 < n_declared < decoder.n_frames:
        yield (
            f"Its header declares {n_declared / rate:.2f} s of sound; the file goes on after that, "
            "and all of it is heard."
        )
    if (sound and sound.followed) or holds_two_movies(reading.file):
        yield "Another recording follows in the same file; it is not heard."
    yield from _others(reading)


def changed_sentence(seconds: float) -> str:
    """Say that a file goes on as another recording that cannot be joined to it.

    Args:
        seconds: from when on

    Returns:
        The sentence.
    """
    return (
        f"From {seconds:.2f} s on it has another sample rate or other channels; that part is not "
        "heard."
    )


def _n_after(reading: Reading) -> int:
    # The bytes behind the sound that nothing explains.
    decoder, sound = reading.decoder, reading.sound
    if sound:
        return 0 if sound.followed else sound.n_after
    if not reading.at_end or not isinstance(decoder, SndfileDecoder) or decoder.is_stream:
        return 0
    return decoder.n_bytes_left if decoder.n_bytes_left > TAG_BYTES else 0


def _others(reading: Reading) -> Iterator[str]:
    if reading.at_end and lacks_end_flag(reading.file):
        yield "Its end is not marked as the end; it may be cut short."
    for decoder in (reading.decoder, reading.second):
        if decoder and decoder.changes_at is not None:
            yield changed_sentence(decoder.changes_at / decoder.sample_rate)
    if n := reading.decoder.n_other_tracks:
        tracks = "1 more track of sound that is" if n == 1 else f"{n} more tracks of sound that are"
        yield f"It holds {tracks} not heard."


def _declared(decoder: SndfileDecoder | FfmpegDecoder, sound: Sound | None) -> int:
    # The samples of a channel that the file declares; 0 if that is not known.
    if decoder.is_guessed:
        return 0
    if not isinstance(decoder, SndfileDecoder) or not sound or not sound.n_bytes:
        return decoder.n_frames
    # A table of packets says how long ALAC is, not the size of its data.
    if sound.n_declared is None or decoder.subtype.startswith("ALAC"):
        return decoder.n_frames
    return round(decoder.n_frames * sound.n_declared / sound.n_bytes)
