"""Pickled weights to safetensors: `python -m workers.models.full.convert IN OUT`.

A pickle is a program. torch's restricted reader builds tensors and plain containers and refuses
all else; this process runs it under limits and does nothing besides. Its exit status says how it
went: 0 written; 65 the file is refused; anything else: not the file's fault.
"""

import argparse
import resource
import struct
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError  # the name of an error; nothing is unpickled by it

import torch
from safetensors.torch import save_file

#: `EX_DATAERR` of sysexits; `sightsong.adapters.weights.converting` knows it too.
REFUSED = 65
#: Keys under which training scripts put the weights, beside other things.
_WRAPPERS = ("state_dict", "model_state_dict", "model")
#: Times the size of the file: it is read, copied, and written, each at most once at a time.
_COPIES = 4
_SPARE_BYTES = 2 * 1024**3
_CPU_S = 600
#: What torch's reader and the formats below it raise for files that are not what they should be.
_UNREADABLE = (
    UnpicklingError,
    RuntimeError,
    EOFError,
    OSError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    struct.error,
    zipfile.BadZipFile,
)


class Refused(Exception):
    """The file is not plain weights."""


def convert(source: Path, target: Path) -> None:
    """Write the tensors of a pickled file as safetensors.

    Tensors that share memory are written each for itself: whichever name a model reads, it is
    there. Tied layers become one again when they are loaded.

    Raises:
        Refused: the file holds something else than tensors, or is damaged.
    """
    tensors = {name: _own(name, value) for name, value in _state(_read(source)).items()}
    save_file(tensors, target, metadata={"format": "pt"})


def _read(source: Path) -> object:
    try:
        return torch.load(
            source,
            map_location="cpu",
            weights_only=True,
            mmap=zipfile.is_zipfile(source) or None,  # only files of this kind can be mapped
        )
    except MemoryError as error:
        raise Refused("it claims more memory than its size allows") from error
    except _UNREADABLE as error:
        raise Refused(_first_line(error)) from error


def _state(loaded: object) -> Mapping[str, torch.Tensor]:
    if not isinstance(loaded, Mapping):
        raise Refused(f"it holds a {type(loaded).__name__} and no named tensors")
    for key in _WRAPPERS:
        inner = loaded.get(key)
        if isinstance(inner, Mapping):
            return _state(inner)
    strange = [name for name, value in loaded.items() if not isinstance(value, torch.Tensor)]
    if strange or not loaded:
        raise Refused(f"it holds other things than tensors: {strange[:3]}")
    return loaded


def _own(name: str, tensor: torch.Tensor) -> torch.Tensor:
    if tensor.layout != torch.strided or tensor.is_quantized:
        raise Refused(f"{name} is no plain tensor")
    try:
        return tensor.detach().clone(memory_format=torch.contiguous_format)
    except RuntimeError as error:  # torch's word for memory that cannot be had
        raise Refused(f"{name}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    """What went wrong, in a line, and whole where it is the reader that speaks."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = next((line for line in lines if "Unsupported" in line or "GLOBAL" in line), None)
    return told or (lines[0] if lines else type(error).__name__)


def _limit(size_bytes: int) -> None:
    """Bound what a hostile file can make this process take."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if _HAS_PROC else 0
    if _HAS_PROC:
        most = pages * resource.getpagesize() + _COPIES * size_bytes + _SPARE_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


_HAS_PROC = Path("/proc/self/statm").exists()


def main() -> None:
    """Convert one file, under limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    wanted = parser.parse_args()
    _limit(wanted.source.stat().st_size)
    try:
        convert(wanted.source, wanted.target)
    except Refused as refusal:
        sys.stderr.write(f"{refusal}\n")
        raise SystemExit(REFUSED) from refusal


if __name__ == "__main__":
    main()
