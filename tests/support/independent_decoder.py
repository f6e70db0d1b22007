"""What FFmpeg hears of a file by itself, and what libsndfile does: plain loops, no code of ours."""

from __future__ import annotations

import io

import av
import numpy as np
import soundfile as sf
from numpy.typing import NDArray


def heard_by_ffmpeg(data: bytes) -> NDArray[np.float32] | None:
    """All that FFmpeg decodes of a file's first track, [n, channel]; None if it cannot open it."""
    try:
        container = av.open(io.BytesIO(data))
    except (av.FFmpegError, ValueError):
        return None
    parts = []
    with container:
        if not container.streams.audio:
            return None
        packets = container.demux(container.streams.audio[0])
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    break
                frames = packet.decode()
            except (av.FFmpegError, ValueError):
                continue
            parts += [_floats(frame) for frame in frames]
    n_channels = parts[0].shape[1] if parts else 1
    alike = [part for part in parts if part.shape[1] == n_channels]
    return np.concatenate(alike) if alike else np.zeros((0, n_channels), np.float32)


def _floats(frame: av.AudioFrame) -> NDArray[np.float32]:
    n_channels = frame.layout.nb_channels
    name = frame.format.name.removesuffix("p")
    zero, full = {"u8": (128, 2**7), "s16": (0, 2**15), "s32": (0, 2**31)}.get(name, (0, 1))
    with np.errstate(all="ignore"):
        values = frame.to_ndarray().astype(np.float64)
        samples = values.T if frame.format.is_planar else values.reshape(-1, n_channels)
        return ((samples - zero) / full).astype(np.float32)


def heard_by_sndfile(data: bytes) -> NDArray[np.float32] | None:
    """All that libsndfile decodes of a file, [n, channel]; None if it cannot open it."""
    try:
        return sf.read(io.BytesIO(data), dtype="float32", always_2d=True)[0]  # type: ignore[no-any-return]
    except (sf.LibsndfileError, RuntimeError, ValueError):
        return None
