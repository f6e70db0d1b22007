"""What MP3, FLAC and Ogg files say of their length, their end and their parts.

Formats: RFC 3533 (Ogg), RFC 9639 (FLAC), the Xing and VBRI headers of MP3 encoders.
"""

from __future__ import annotations

from core.audio.decoding.watched_file import ByteView, WatchedFile

_LAST_BYTES = 2**16 + 2**10  # longer than any Ogg page
_READ_AHEAD_BYTES = 2**17
_FIRST_BYTES = 4_096
_FLAC_START = b"fLaC\x00\x00\x00\x22"
_SEARCHED_BYTES, _STEP_BYTES = 2**26, 2**22
_BEGIN, _END = 0x02, 0x04  # flags of an Ogg page


def begins_anew(file: WatchedFile, n_read: int) -> bool:
    """Say whether a FLAC or an Ogg stream begins where another one ended.

    Args:
        file: the file
        n_read: how many of its bytes libsndfile has read, which reads ahead

    Returns:
        Whether one does.
    """
    first = max(1, n_read - _READ_AHEAD_BYTES)
    data = file.read_at(first, _READ_AHEAD_BYTES + _LAST_BYTES)
    return _FLAC_START in data or any(flags & _BEGIN for flags in _page_flags(data))


def flac_time(frame: bytes, block_size: int) -> int:
    """Read from the header of a FLAC frame when it begins (RFC 9639, 9.1).

    Args:
        frame: its bytes
        block_size: samples of a frame, where all but the last have as many

    Returns:
        Its first sample; 0 if it is no frame.
    """
    if len(frame) < 12 or frame[0] != 0xFF:
        return 0
    n_bytes = 8 - (frame[4] ^ 0xFF).bit_length()  # the ones that the first byte begins with
    number = frame[4] & (0x7F >> n_bytes)
    for byte in frame[5 : 4 + n_bytes]:
        number = number << 6 | byte & 0x3F
    return number if frame[1] & 1 else number * block_size


def next_flac(file: WatchedFile, n_read: int) -> int | None:
    """Find a FLAC that begins where another one ended.

    Args:
        file: the file
        n_read: how many of its bytes libsndfile has read, which reads ahead

    Returns:
        Where it begins, None if there is none.
    """
    first = max(1, n_read - _READ_AHEAD_BYTES)
    at = file.read_at(first, _READ_AHEAD_BYTES + 8).find(_FLAC_START)
    return None if at < 0 else first + at


def second_flac(file: WatchedFile, n_frames: int) -> int | None:
    """Find a second FLAC in a file, without decoding the first.

    libFLAC seeks by the length of the file, and may end up in the second one. A file of up to
    64 MiB is searched through (20 ms); a longer one only if it is longer than its largest block
    allows.

    Args:
        file: the file, which begins with a FLAC
        n_frames: the samples of a channel that the first one declares

    Returns:
        Where the second one begins, None if there seems to be none.
    """
    header = file.read_at(0, 18)
    if header[:4] != b"fLaC":
        return None
    block_size, largest = int.from_bytes(header[8:10], "big"), int.from_bytes(header[15:18], "big")
    n_most = (n_frames // max(block_size, 1) + 1) * largest + _SEARCHED_BYTES
    if largest and _SEARCHED_BYTES < file.n_bytes <= n_most:
        return None
    for start in range(4, file.n_bytes, _STEP_BYTES):
        at = file.read_at(start, _STEP_BYTES + len(_FLAC_START)).find(_FLAC_START)
        if at >= 0:
            return start + at
    return None


def lacks_end_flag(file: WatchedFile) -> bool:
    """Say whether the last page of an Ogg file is not said to be the last.

    Args:
        file: the file

    Returns:
        Whether that is so; never for another kind of file.
    """
    if file.read_at(0, 4) != b"OggS":
        return False
    page = _last_bytes(file).split(b"OggS\0")[-1]
    n_segments = page[21] if len(page) > 21 else 0
    n_bytes = 22 + n_segments + sum(page[22 : 22 + n_segments])
    return len(page) < n_bytes or not page[0] & _END


def declares_length(view: ByteView) -> bool:
    """Say whether an MP3 declares its length, which is else guessed from its first frames.

    Args:
        view: the file

    Returns:
        Whether it has a Xing, Info or VBRI header.
    """
    reader = view.opened()
    start = reader.read(10)
    if start[:3] == b"ID3" and len(start) == 10:
        n_tag = sum((byte & 0x7F) << 7 * i for i, byte in enumerate(reversed(start[6:])))
        reader.seek(10 + n_tag)
    first = start + reader.read(_FIRST_BYTES)
    return any(name in first for name in (b"Xing", b"Info", b"VBRI"))


def _last_bytes(file: WatchedFile) -> bytes:
    return file.read_at(max(1, file.n_bytes - _LAST_BYTES), _LAST_BYTES)


def _page_flags(data: bytes) -> list[int]:
    pages = data.split(b"OggS\0")[1:]
    return [page[0] for page in pages if page]
