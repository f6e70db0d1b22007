"""Where the sound lies in WAV, RF64, W64, AIFF, CAF and AU, whatever the header says of its size.

A recorder writes the sizes last. If it stops before that, they are 0, all ones, or those of the
last time that it wrote them; and a WAV beyond 4 GiB cannot hold its own. The sound then goes on to
the end of the file, and `find_sound` gives the head of a file whose sizes say so.

Formats: Microsoft, Multimedia Programming Interface 1.0 (RIFF); EBU Tech 3306 (RF64); Sony, Wave64;
Apple, AIFF-C draft of 1991 and Core Audio Format 1.0; Sun, audio(4).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from core.audio.decoding.watched_file import ByteView, WatchedFile

_MOST_CHUNKS = 10_000
_MOST_HEAD_BYTES = 2**24
_LEAST_SOUND_BYTES = 4_096  # what follows a sound's declared end and is less is not sound
_RECORDINGS = (
    *(b"RIFF", b"RIFX", b"RF64", b"BW64", b"FORM", b"caff", b"riff", b".snd", b"dns."),
    *(b"fLaC", b"OggS"),
)
_OFTEN_LAST = (b"LIST", b"bext", b"iXML", b"id3 ", b"ID3 ", b"JUNK", b"FLLR", b"PEAK", b"cue ")
_TAGS = (b"TAG", b"APETAGEX", b"ID3")
_NEAR = 2**16
_W64_ID_END = b"\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"


@dataclass(frozen=True)
class Sound:
    """Where the sound lies in a file.

    Attributes:
        view: the file with sizes that say so
        n_bytes: of the sound that there is
        n_declared: of the sound that the header declares, None where it does not know
        n_after: of what follows the sound and is neither a chunk nor a tag
        followed: whether another recording follows it
    """

    view: ByteView
    n_bytes: int
    n_declared: int | None
    n_after: int = 0
    followed: bool = False


@dataclass(frozen=True)
class _Layout:
    # How a container is built of chunks, each an id, a size and a body.
    sound_id: bytes
    first: int  # where the first chunk begins
    size: str  # struct's format of a size
    n_id: int = 4
    n_counted: int = 0  # of a chunk's head that its size counts
    n_before: int = 0  # of the sound chunk's body that are no sound
    align: int = 2
    size_at: int | None = 4  # where the size of the whole file is
    n_not_counted: int = 8  # of the file that its size does not count


_RIFF = _Layout(b"data", 12, "<I")
_AIFF = _Layout(b"SSND", 12, ">I", n_before=8)
_LAYOUTS = {  # by their first four bytes, or by the form that a FORM is of
    b"RIFF": _RIFF,
    b"RIFX": _Layout(b"data", 12, ">I"),
    b"RF64": _RIFF,
    b"BW64": _RIFF,
    b"AIFF": _AIFF,
    b"AIFC": _AIFF,
    b"8SVX": _Layout(b"BODY", 12, ">I"),
    b"16SV": _Layout(b"BODY", 12, ">I"),
    b"caff": _Layout(b"data", 8, ">q", n_before=4, align=1, size_at=None),
    b"riff": _Layout(b"data" + _W64_ID_END, 40, "<q", 16, 24, align=8, size_at=16, n_not_counted=0),
}
_AU = {  # no chunks: an offset and a size
    b".snd": _Layout(b"", 0, ">I", size_at=None),
    b"dns.": _Layout(b"", 0, "<I", size_at=None),
}


def find_sound(file: WatchedFile) -> Sound | None:
    """Find the sound in a file.

    Args:
        file: the file

    Returns:
        Where it is, None if the file is of another kind or has no sound chunk.
    """
    start = file.read_at(0, 12)
    kind = start[:4]
    if (au := _AU.get(kind)) and len(start) == 12:
        offset, size = struct.unpack(f"{au.size[0]}II", start[4:])
        if 24 <= offset <= min(file.n_bytes, _MOST_HEAD_BYTES):
            return _sound(file, kind, au, offset, 8, size)
    layout = _LAYOUTS.get(start[8:12] if kind == b"FORM" else kind)
    if layout is None or (kind[:2] in (b"RI", b"RF", b"BW") and start[8:12] != b"WAVE"):
        return None
    at, data_size = layout.first, 0
    for _ in range(_MOST_CHUNKS):
        chunk = _chunk(file, at, layout)
        if chunk is None or at > _MOST_HEAD_BYTES:
            return None
        name, size, body = chunk
        if name == layout.sound_id:
            if body + layout.n_before > file.n_bytes:
                return None
            size_at = at + layout.n_id
            return _sound(file, kind, layout, body + layout.n_before, size_at, data_size or size)
        if name == b"ds64":
            data_size = int.from_bytes(file.read_at(body + 8, 8), "little")
        at = _next(at, body, size, layout)
    return None


def lacks_bytes(file: WatchedFile) -> bool:
    """Say whether an AVI file declares that it is longer than it is.

    Args:
        file: the file

    Returns:
        Whether that is so.
    """
    start = file.read_at(0, 12)
    is_avi = start[:4] == b"RIFF" and start[8:] == b"AVI "
    return is_avi and int.from_bytes(start[4:8], "little") + 8 > file.n_bytes + 1


def holds_two_movies(file: WatchedFile) -> bool:
    """Say whether there is a second movie in an MP4, M4A, MOV or 3GP file.

    Args:
        file: the file

    Returns:
        Whether there is, which FFmpeg does not read.
    """
    return _boxes(file).count(b"ftyp") > 1


def lacks_index(file: WatchedFile) -> bool:
    """Say whether an MP4, M4A, MOV or 3GP file lacks its index, which is written last.

    Args:
        file: the file

    Returns:
        Whether that is so, and nothing of it can be decoded.
    """
    boxes = _boxes(file)
    return bool(boxes) and b"moov" not in boxes


def _boxes(file: WatchedFile) -> list[bytes]:
    # The kinds of the boxes that an ISO base media file is made of; none in another file.
    names: list[bytes] = []
    at = 0
    while len(names) < _MOST_CHUNKS:
        head = file.read_at(at, 16).ljust(16, b"\0")
        size = int.from_bytes(head[:4], "big")
        size = int.from_bytes(head[8:], "big") if size == 1 else size
        if size < 8 or (at == 0 and head[4:8] != b"ftyp"):
            break
        names.append(head[4:8])
        at += size
    return names


def _chunk(file: WatchedFile, at: int, layout: _Layout) -> tuple[bytes, int, int] | None:
    # A chunk's id, its size and where its body begins.
    n_head = layout.n_id + struct.calcsize(layout.size)
    head = file.read_at(at, n_head)
    if len(head) < n_head:
        return None
    return head[: layout.n_id], struct.unpack(layout.size, head[layout.n_id :])[0], at + n_head


def _next(at: int, body: int, size: int, layout: _Layout) -> int:
    n_bytes = max(body + size - layout.n_counted, body) - at
    return at + n_bytes + -n_bytes % layout.align


def _sound(
    file: WatchedFile, kind: bytes, layout: _Layout, start: int, size_at: int, size: int
) -> Sound:
    n_there = file.n_bytes - start
    n_declared = size - layout.n_counted - layout.n_before
    n_sound, n_after, next_at = n_there, 0, None
    declared = None if n_declared < 0 or _is_unknown(size) else n_declared
    if 0 <= n_declared <= n_there:
        n_after, next_at, goes_on = _behind(file, start + n_declared, layout)
        if goes_on and n_after > (_LEAST_SOUND_BYTES if n_declared else 0):
            declared, n_after = n_declared or None, 0
        else:
            declared = n_sound = n_declared
    view = ByteView(file)
    if n_sound != n_declared:
        view = ByteView(file, _head(file, kind, layout, start, size_at, n_sound), start)
    elif next_at is not None:
        view = ByteView(file, stop=next_at)
    elif layout.n_id > 4:  # libsndfile takes whatever follows in a W64 for sound
        view = ByteView(file, stop=start + n_sound)
    return Sound(view, n_sound, declared, n_after, next_at is not None)


def _is_unknown(size: int) -> bool:
    # Streams declare all ones, or about the most that a size can be.
    return size >= 2**62 or any(abs(size - most) <= _NEAR for most in (2**31, 2**32))


def _behind(file: WatchedFile, at: int, layout: _Layout) -> tuple[int, int | None, bool]:
    # What lies behind the declared end of a sound: how many bytes that are neither chunks nor tags
    # nor zeros, where another recording begins, and whether the sound itself may go on.
    reached, has_chunks = at, False
    if layout.sound_id:  # some writers add a byte to a size that is odd, some do not
        for begin in sorted({at, at + 1, at + -at % layout.align}):
            end = _walk(file, begin, layout)
            if end > reached + (0 if has_chunks else 1):
                reached, has_chunks = end, end > begin
    if file.read_at(reached, 4) in _RECORDINGS:
        return 0, reached, False
    n_rest = file.n_bytes - reached
    places = (reached, reached + n_rest // 2, max(reached, file.n_bytes - 4_096))
    is_empty = n_rest <= 1 or not any(any(file.read_at(place, 4_096)) for place in places)
    return 0 if is_empty else n_rest, None, not has_chunks


def _walk(file: WatchedFile, at: int, layout: _Layout) -> int:
    # Where neither chunks nor tags go on.
    for _ in range(_MOST_CHUNKS):
        start = file.read_at(at, 16)
        if start.startswith(_TAGS):
            return file.n_bytes
        chunk = _chunk(file, at, layout)
        is_name = chunk is not None and all(0x20 <= byte < 0x7F for byte in chunk[0][:4])
        if chunk is None or not is_name or start.startswith(_RECORDINGS):
            break
        name, size, body = chunk
        after = _next(at, body, size, layout)
        if after > file.n_bytes + 1:
            return file.n_bytes if name[:4] in _OFTEN_LAST else at
        at = after
    return at


def _head(
    file: WatchedFile, kind: bytes, layout: _Layout, start: int, size_at: int, n_sound: int
) -> bytes:
    # The file's bytes before the sound, with sizes that are true if nothing follows it.
    head = bytearray(file.read_at(0, start))
    size = n_sound + layout.n_before + layout.n_counted
    if layout is _RIFF and (kind != b"RIFF" or start + size >= 2**32):
        if head[12:16] == b"ds64":
            del head[12 : 20 + int.from_bytes(head[16:20], "little")]
        sizes = struct.pack("<QQQI", len(head) + 28 + n_sound, n_sound, 0, 0)
        head[:4] = b"RF64"
        head[4:8] = head[-4:] = b"\xff\xff\xff\xff"
        head[12:12] = b"ds64" + struct.pack("<I", len(sizes)) + sizes
        return bytes(head)
    struct.pack_into(layout.size, head, size_at, size)
    if layout.size_at is not None:
        whole = len(head) + n_sound - layout.n_not_counted
        struct.pack_into(layout.size, head, layout.size_at, whole)
    return bytes(head)
