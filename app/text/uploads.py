"""How recordings are added, and what of them cannot be used."""

from collections.abc import Sequence

from app.text.control import control

SOURCE = "Where the recordings are"
FILES, FOLDER, MICROPHONE = "Files or a ZIP", "A folder", "Microphone"
SERVER = "A folder on the server"

FOLDER_FORMATS = "Recordings: WAV, FLAC, MP3, OGG, M4A, WMA, AIFF and others, also video with sound"
FILE_FORMATS = FOLDER_FORMATS + ", or a ZIP of them (best for more than {most})"
RECORD = control(
    "Record with the microphone",
    "Browsers allow this on this machine and over HTTPS. Use the same microphone at the same place "
    "for normal recordings and for those that you score.",
)
RECORDED_NAME = "microphone {moment:%Y-%m-%d %H.%M.%S}.wav"
SERVER_FOLDER, ADD_FOLDER = "Folder below the data root", "Add its recordings"
OUTSIDE = "That folder lies outside the data root."
READING, READING_N, CLEAR = "Reading the recordings", "Reading {recordings}", "Clear the list"

UNREADABLE = "“{name}” cannot be read."
UNREADABLE_ON_SERVER = "“{name}” cannot be read from the server’s disk."
SAME_FILE = "“{name}” is the same file as “{other}”. It counts once."
SAME_FILES = "{n} files are the same as others: {names}. Each counts once."
SAME_SOUND = "The same sound as “{other}”. It counts once."
LEFT_OUT = "{files} left out. The others are used."

# The table of the recordings that were added.
TABLE = "Table of the added recordings"
USED, TWICE = "used", "same sound"
LENGTH, SAMPLE_RATE, CHANNELS, NOTE = "Length", "Sample rate", "Channels", "Note"
LEVEL = control("Level", "Root mean square of the channel that is used. 0 dBFS is full scale.")
CLIPPED = control("Clipped", "Share of the samples that are at full scale, three or more in a row.")

MOST_NAMES = 3


def same_files(twice: Sequence[tuple[str, str]]) -> str:
    """Say which files were added already, in one sentence however many they are.

    Args:
        twice: The name of each file, and the one under which it was added first; at least one.

    Returns:
        Two sentences.

    >>> same_files([("b.wav", "a.wav")])
    '“b.wav” is the same file as “a.wav”. It counts once.'
    """
    if len(twice) == 1:
        name, other = twice[0]
        return SAME_FILE.format(name=name, other=other)
    shown = [f"“{name}” (“{other}”)" for name, other in twice[:MOST_NAMES]]
    more = f" and {len(twice) - MOST_NAMES:,} more" if len(twice) > MOST_NAMES else ""
    return SAME_FILES.format(n=f"{len(twice):,}", names=", ".join(shown) + more)
