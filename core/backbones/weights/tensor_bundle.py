"""TensorFlow's saved variables, read without TensorFlow.

A folder `variables` holds an index, a sorted table as LevelDB writes it, whose values are protocol
buffers that say where each tensor's bytes lie in the data file (tensorflow/core/util/tensor_bundle
and tensorflow/core/protobuf/tensor_bundle.proto). Only what a published file needs is read: one
data file, blocks without compression, 32-bit floats.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from core.errors import WeightsError
from core.types import Float32Array

_FOOTER_BYTES = 48
_MAGIC = 0xDB4775248B80FB57
_FLOAT = 1  # DT_FLOAT


def read_tensors(index: bytes, data: bytes) -> dict[str, Float32Array]:
    """Read the 32-bit float tensors.

    Args:
        index: content of `variables.index`
        data: content of `variables.data-00000-of-00001`

    Returns:
        The tensors by name.

    Raises:
        WeightsError: this is no such pair of files.
    """
    try:
        return dict(_tensors(index, data))
    except (IndexError, ValueError, struct.error) as error:
        raise WeightsError(f"These are no TensorFlow variables ({error}).") from error


def _tensors(index: bytes, data: bytes) -> Iterator[tuple[str, Float32Array]]:
    footer = index[-_FOOTER_BYTES:]
    if struct.unpack("<Q", footer[-8:])[0] != _MAGIC:
        raise ValueError("the index is none")
    _, place = _handle(footer, 0)
    (start, size), _ = _handle(footer, place)
    for _, handle in _entries(index, start, size):
        (block_start, block_size), _ = _handle(handle, 0)
        for name, entry in _entries(index, block_start, block_size):
            fields = dict(_fields(entry))
            if not name or fields.get(1) != _FLOAT:
                continue  # the header, or another type
            offset, length = _number(fields.get(4, 0)), _number(fields.get(5, 0))
            shape = [
                _number(dict(_fields(dimension)).get(1, 0))
                for field, dimension in _fields(_bytes(fields.get(2, b"")))
                if field == 2 and isinstance(dimension, bytes)
            ]
            values = np.frombuffer(data[offset : offset + length], "<f4")
            yield name.decode(), values.reshape(shape).astype(np.float32)


def _entries(table: bytes, start: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    # Keys and values of one block; a key shares its beginning with the one before it.
    if table[start + size] != 0:
        raise ValueError("a block is compressed")
    block, key, at = table[start : start + size], b"", 0
    n_restarts = struct.unpack("<I", block[-4:])[0]
    end = len(block) - 4 - 4 * n_restarts
    while at < end:
        n_shared, at = _varint(block, at)
        n_own, at = _varint(block, at)
        n_value, at = _varint(block, at)
        key = key[:n_shared] + block[at : at + n_own]
        yield key, block[at + n_own : at + n_own + n_value]
        at += n_own + n_value


def _handle(content: bytes, at: int) -> tuple[tuple[int, int], int]:
    offset, at = _varint(content, at)
    size, at = _varint(content, at)
    return (offset, size), at


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    # Number and value of each field of a protocol buffer.
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(message, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError(f"a field of kind {kind}")
        yield key >> 3, message[at : at + size]
        at += size


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def _number(value: int | bytes) -> int:
    if isinstance(value, bytes):
        raise ValueError("bytes in place of a number")
    return value


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number in place of bytes")
    return value
