"""Sound in and out: reading, checks and uploads of recordings, and which belong together."""

from core.audio.checks import ClipInfo, inspect
from core.audio.reading import AUDIO_EXTENSIONS, find_audio, read_clip, resample
from core.audio.source import Channel, shown_name
from core.audio.writing import scaled_pcm16, wav_bytes

__all__ = [
    "AUDIO_EXTENSIONS",
    "Channel",
    "ClipInfo",
    "find_audio",
    "inspect",
    "read_clip",
    "resample",
    "scaled_pcm16",
    "shown_name",
    "wav_bytes",
]
