"""Sound in and out: reading, checks and uploads of recordings, and which belong together."""

from core.audio.channels import ChannelChoice
from core.audio.checks import ClipInfo, inspect
from core.audio.finding import find_audio
from core.audio.reading import read_clip, read_or_stream, read_recording, resample
from core.audio.source import Channel
from core.audio.stream import SoundStream
from core.audio.writing import wav_bytes

__all__ = [
    "Channel",
    "ChannelChoice",
    "ClipInfo",
    "SoundStream",
    "find_audio",
    "inspect",
    "read_clip",
    "read_or_stream",
    "read_recording",
    "resample",
    "wav_bytes",
]
