"""An ONNX file is looked through before a runtime sees it: it must be whole, and all in one piece.

ONNX is a protobuf message. Only what is asked for here is read of it: whether a tensor lies in
another file (which the runtime would open, wherever that is), and whether there are loops or
branches (which a classifier has no need of, and which may run for ever).
"""

import mmap
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from sightsong.adapters.weights.own import unusable

#: Largest file, in bytes: twice VGG16's, which is the largest network that people fine-tune.
MOST_BYTES = 1024**3
#: Bytes of a number in protobuf, at most.
_LONGEST_NUMBER = 10
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_BYTES = {_FIXED64: 8, _FIXED32: 4}

#: Field numbers of onnx.proto, and what message lies in each.
_WITHIN: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse tensor"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {
        5: "tensor",
        6: "inner graph",
        10: "tensor",
        11: "inner graph",
        22: "sparse tensor",
        23: "sparse tensor",
    },
    "sparse tensor": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14


class _Damaged(Exception):
    """Bytes that are no protobuf message."""


def check_onnx(path: Path) -> None:
    """See that a runtime may be given a file. Weights are passed over: nothing is held in memory.

    Raises:
        ConfigurationError: it is too large or damaged, keeps weights in other files, or holds loops
            or branches.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > MOST_BYTES:
                raise unusable(f"{path.name} has more than {MOST_BYTES:,} bytes")
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        _look(memoryview(mapped), "model")
    except OSError as error:
        raise unusable(f"{path} cannot be read") from error
    except (_Damaged, ValueError) as error:  # an empty file cannot be mapped
        raise unusable(f"{path.name} is no ONNX file, or a damaged one") from error


def _look(message: memoryview, kind: str) -> None:
    """Look through a message and all within it.

    Raises:
        ConfigurationError: there is something that is refused.
        _Damaged: it is none.
    """
    within, found = _WITHIN[kind], False
    for field, value in _fields(message):
        found = True
        inner = within.get(field)
        if kind == "tensor" and field in (_EXTERNAL_DATA, _DATA_LOCATION) and value:
            raise unusable("model.onnx keeps weights in other files; export it as one file")
        if inner == "inner graph":
            raise unusable("model.onnx holds a loop or a branch, which no classifier needs")
        if inner is not None:
            if not isinstance(value, memoryview):
                raise _Damaged
            _look(value, inner)
    if kind == "model" and not found:
        raise _Damaged


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Give the number of each field and what is in it; of fixed sizes, nothing is read."""
    at = 0
    while at < len(message):
        key, at = _number(message, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _number(message, at)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            length, at = _number(message, at)
        else:
            length = _FIXED_BYTES.get(kind, len(message))
        if length > len(message) - at:
            raise _Damaged
        yield key >> 3, message[at : at + length]
        at += length


def _number(message: memoryview, at: int) -> tuple[int, int]:
    """Read a number of variable length, and where it ends."""
    number = 0
    for shift in range(_LONGEST_NUMBER):
        if at + shift >= len(message):
            raise _Damaged
        byte = message[at + shift]
        number |= (byte & 127) << (7 * shift)
        if byte < 128:  # noqa: PLR2004 - the last byte of a number has no highest bit
            return number, at + shift + 1
    raise _Damaged
