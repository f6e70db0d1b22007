"""Decoding with FFmpeg's libraries, through PyAV."""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
import soxr
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet

from core.audio.decoding import decoder
from core.audio.decoding.decoder import DecodingError
from core.audio.decoding.stream_ends import flac_time
from core.audio.decoding.watched_file import ByteView
from core.types import Float32Array

# Kinds that hold the sound themselves. Without this list a text file could be a playlist, and
# FFmpeg would open what it names, here or on the network.
_KINDS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,asf,au,avi,caf,eac3,flac,matroska,mov,mp3,mpeg,mpegts,nistsphere,"
    "ogg,voc,w64,wav,webm"
)
_OPTIONS = {"format_whitelist": _KINDS, "protocol_whitelist": "none"}
_GUESSED = ("aac", "ac3", "eac3", "mp3", "mpeg", "mpegts", "amr")  # their length, by FFmpeg
_EXACT = ("mov", "caf", "flac", "wav", "w64")  # their length is that of the sound
_DELAY_FRAMES = 4_096  # of an encoder, at most
_MOST_FAULTS = 100
_MOST_SILENT_SECONDS = 10
_ERRORS = (av.FFmpegError, ValueError, MemoryError)


class FfmpegDecoder:
    """A file open in FFmpeg.

    It always decodes from the beginning, because no seek of FFmpeg's promises the same samples; a
    stretch that begins where the last one ended or later goes on from there.

    Args:
        view: the file
        sample_rate: in Hz, if it shall be another than the file's

    Attributes:
        sample_rate: in Hz
        n_channels: its channels
        n_frames: the samples of a channel that it declares; 0 if it declares none
        is_cut: False; FFmpeg does not tell
        is_guessed: whether it declares nothing, and FFmpeg guesses from its size
        n_inexact: how many of these may be missing without a loss
        subtype: FFmpeg's name of the codec
        position: the sample that is read next
        first_fault: the first sample that could not be decoded; None so far
        n_silent: samples that are silence because a block of a FLAC could not be decoded
        changes_at: the sample from which on the sample rate or the number of channels is
            another, and nothing is decoded; None so far
        n_other_tracks: tracks of sound beside the one that is decoded

    Raises:
        DecodingError: FFmpeg cannot open it, or finds no sound in it.
    """

    def __init__(self, view: ByteView, sample_rate: int | None = None) -> None:
        self._view = view
        self._wanted_rate = sample_rate
        self.first_fault: int | None = None
        self.changes_at: int | None = None
        self.is_cut = False
        self.n_silent = 0
        self._native, self._block_size = (0, 0), 0
        self._n_decoded = self._n_ahead = 0
        self._pending: list[Float32Array] = []
        self._open()
        self.subtype = self._track.codec_context.name.upper()
        self.n_other_tracks = len(self._container.streams.audio) - 1
        first = next(self._decoded, None)
        if first is None:
            self.close()
            raise DecodingError("no sound in it can be decoded")
        self._pending = [first]
        native_rate, self.n_channels = self._native
        self.sample_rate = sample_rate or native_rate
        self.n_frames, self.n_inexact = self._declared()
        self.is_guessed = self._kind in _GUESSED or not self.n_frames

    def _open(self) -> None:
        self.position = 0
        self._pending = []
        try:
            self._container = av.open(self._view.opened(), "r", options=_OPTIONS)
        except _ERRORS as error:
            raise DecodingError(getattr(error, "strerror", None) or str(error)) from error
        track = self._container.streams.best("audio")
        if not isinstance(track, AudioStream) or track.codec_context is None:
            self.close()
            raise DecodingError("it holds no sound that can be decoded")
        self._track = track
        self._kind = self._container.format.name.split(",")[0]
        if self._kind == "flac":  # it has checksums: a block that fails them is left out
            track.codec_context.options = {"err_detect": "crccheck+explode"}
        if self._kind == "caf":  # the padding would be left out twice, of ALAC's last packet
            track.codec_context.options = {"flags2": "skip_manual"}
        self._decoded = self._at_wanted_rate(self._decode())

    def _declared(self) -> tuple[int, int]:
        # The samples that it declares, and how many may be missing of them without a loss: for the
        # delay of the codec, a rate that is rounded, and pictures that go on after the sound.
        track, container = self._track, self._container
        inexact = 0.0
        if track.duration is not None and track.time_base is not None:
            seconds = float(track.duration * track.time_base)
        elif container.duration is not None:
            seconds = container.duration / av.time_base
        else:
            return 0, 0
        if self._kind not in _EXACT:
            inexact = 0.01 * seconds + _DELAY_FRAMES / self.sample_rate
            inexact += 0.0 if len(container.streams) == 1 else 1.0
        return max(0, round(seconds * self.sample_rate)), round(inexact * self.sample_rate)

    def _packets(self) -> Iterator[Packet[AudioStream]]:
        # What the container holds; where it is damaged, from there on again.
        for _ in range(_MOST_FAULTS):
            try:
                yield from self._container.demux(self._track)
                return
            except av.error.PatchWelcomeError:  # an Ogg stream of another kind than the first
                self.changes_at = self._n_decoded
                return
            except _ERRORS:
                self._note_fault()

    def _note_fault(self) -> None:
        if self.first_fault is None:
            self.first_fault = self._n_decoded

    def _decode(self) -> Iterator[Float32Array]:
        self._n_decoded = self.n_silent = self._n_ahead = 0
        for packet in self._packets():
            try:
                frames = packet.decode()
            except _ERRORS:
                self._note_fault()
                continue
            for frame in frames:
                form = (frame.sample_rate, frame.layout.nb_channels)
                if self._native == (0, 0):
                    self._native, self._block_size = form, frame.samples
                if form != self._native:
                    self.changes_at = self._n_decoded
                    return
                if self._kind == "flac":
                    yield from self._silence_before(bytes(packet))
                self._n_decoded += frame.samples
                yield _samples(frame)

    def _silence_before(self, packet: bytes) -> Iterator[Float32Array]:
        # Silence instead of a block of a FLAC that is left out: what follows keeps its time.
        n_lost = flac_time(packet, self._block_size) - self._n_decoded - self._n_ahead
        if n_lost > _MOST_SILENT_SECONDS * self._native[0]:
            self._n_ahead += n_lost
            if self._n_decoded:  # else it was taken from the middle of a stream
                self._note_fault()
        elif n_lost > 0:
            self._note_fault()
            self._n_decoded += n_lost
            self.n_silent += n_lost
            yield np.zeros((n_lost, self._native[1]), np.float32)

    def _at_wanted_rate(self, blocks: Iterator[Float32Array]) -> Iterator[Float32Array]:
        resampler = None
        for block in blocks:
            native_rate, n_channels = self._native
            if self._wanted_rate in (None, native_rate):
                yield block
                continue
            resampler = resampler or soxr.ResampleStream(
                native_rate, self._wanted_rate, n_channels, dtype="float32", quality="HQ"
            )
            yield resampler.resample_chunk(block)
        if resampler:
            yield resampler.resample_chunk(np.zeros((0, self._native[1]), np.float32), last=True)

    def frames(self, start: int, stop: int | None) -> Iterator[Float32Array]:
        """Decode all channels block by block.

        Args:
            start: the first sample
            stop: the sample after the last, None for the last that there is

        Yields:
            Blocks of samples, [n, channel] float32.
        """
        if start < self.position:
            self.close()
            self._open()
        for _ in self._read(start):
            pass
        yield from self._read(stop)

    def _read(self, stop: int | None) -> Iterator[Float32Array]:
        n_block = max(1, decoder.BLOCK_SAMPLES // self.n_channels)
        while stop is None or self.position < stop:
            n_wanted = n_block if stop is None else min(n_block, stop - self.position)
            n_there = sum(map(len, self._pending))
            while n_there < n_wanted and (decoded := next(self._decoded, None)) is not None:
                self._pending.append(decoded)
                n_there += len(decoded)
            if not n_there:
                return
            joined = np.concatenate(self._pending)
            block, rest = joined[:n_wanted], joined[n_wanted:]
            self._pending = [rest] if len(rest) else []
            self.position += len(block)
            yield block

    def close(self) -> None:
        """Close it; the file stays open."""
        self._container.close()


def _samples(frame: AudioFrame) -> Float32Array:
    # [n, channel], full scale 1.
    values = frame.to_ndarray()
    if not frame.format.is_planar:
        values = values.reshape(-1, frame.layout.nb_channels).T
    if values.dtype == np.uint8:
        values = (values.astype(np.float32) - 128) / 128
    elif values.dtype.kind == "i":
        values = values * np.float32(2.0 ** (1 - 8 * values.dtype.itemsize))
    with np.errstate(over="ignore", invalid="ignore"):  # what a damaged float file may hold
        return np.ascontiguousarray(values.T, dtype=np.float32)
