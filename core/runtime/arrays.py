"""Files of arrays (NPZ), written whole and read without unpickling anything."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from core.runtime.atomic_write import atomic_write
from core.runtime.columns import column_blocks
from core.runtime.spool import MOST_IN_MEMORY

# A member's header in a ZIP archive, what zipfile adds to it for members of any size, and a field
# of our own that fills it up.
_LOCAL_HEADER, _FIELD = struct.Struct("<26xHH"), struct.Struct("<HH")
_ZIP64_BYTES, _OWN_FIELD, _ALIGNED = 20, 0x4D48, 64


def save_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Save arrays in a file that is there whole or not at all.

    A memory map is written a block of columns at a time. Its numbers begin at a multiple of 64
    bytes, so that they can be mapped from the file.

    Args:
        path: where the file shall be; its folder is made if need be
        arrays: the arrays by name

    Raises:
        StoreError: the system refused.
    """
    with (
        atomic_write(path) as temporary,
        temporary.open("xb") as stream,
        zipfile.ZipFile(stream, "w") as archive,
    ):
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")
            begins = stream.tell() + _LOCAL_HEADER.size + len(member.filename) + _ZIP64_BYTES
            padding = -(begins + _FIELD.size) % _ALIGNED
            member.extra = _FIELD.pack(_OWN_FIELD, padding) + bytes(padding)
            with archive.open(member, "w", force_zip64=True) as out:
                _write(out, np.asanyarray(array))


def _write(out: IO[bytes], array: NDArray[Any]) -> None:
    if not isinstance(array, np.memmap):
        np.lib.format.write_array(out, array, allow_pickle=False)
        return
    np.lib.format.write_array_header_1_0(out, np.lib.format.header_data_from_array_1_0(array))
    # The columns of [freq, time] lie side by side in its file.
    for block in column_blocks(array):
        out.write(np.ascontiguousarray(array[:, block].T).data)


def load_arrays(path: Path, mapped: str | None = None) -> dict[str, NDArray[Any]]:
    """Load the arrays of a file, every byte checked.

    Args:
        path: the file
        mapped: the name of an array that is not read where it is large (16 MiB), but mapped from
            the file, where it has not been compressed; what it holds is not checked then

    Returns:
        The arrays by name.

    Raises:
        OSError: the file is not there, or the system refused.
        ValueError: it is no such file, or damaged.
    """
    try:
        # Reading an array to its end checks its sum.
        # An open stream, since numpy leaves a damaged file open that it opened itself.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            found = {}
            for name in arrays.files:
                info = arrays.zip.getinfo(f"{name}.npy")
                if name == mapped and info.file_size > MOST_IN_MEMORY and info.compress_type == 0:
                    found[name] = _mapped(stream, info.header_offset)
                else:
                    found[name] = arrays[name]
            return found
    except (
        *(EOFError, KeyError, TypeError, AttributeError, struct.error),
        *(zipfile.BadZipFile, zlib.error),
    ) as error:
        raise ValueError(f"{path} is damaged") from error


def _mapped(stream: BinaryIO, header_offset: int) -> NDArray[Any]:
    stream.seek(header_offset)
    *_, n_name, n_extra = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
    stream.seek(n_name + n_extra, 1)
    np.lib.format.read_magic(stream)
    shape, by_columns, kind = np.lib.format.read_array_header_1_0(stream)
    order: Literal["F", "C"] = "F" if by_columns else "C"
    return np.memmap(stream, kind, "r", stream.tell(), shape, order)
