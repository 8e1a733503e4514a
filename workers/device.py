"""The device that the models of the full profile run on: chosen once, checked, and named."""

import ctypes
import os
from dataclasses import dataclass

import torch

from sightsong.core.errors import ConfigurationError

#: `mallopt` of glibc: parameters of <malloc.h> and what we set them to. By default memory of some
#: megabytes goes back to the system when a tensor ends and comes anew, page by page, with the next
#: one: an eighth of a vision encoder's time (`docs/performance.md`).
_MALLOC = {
    "M_MMAP_THRESHOLD": (-3, 32 * 2**20),
    "M_TRIM_THRESHOLD": (-1, 2**31 - 1),
    "M_ARENA_MAX": (-8, 1),  # the models run in a thread, and arenas of threads cannot keep so much
}

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


@dataclass(frozen=True, kw_only=True)
class Device:
    """Where models run and in which arithmetic."""

    place: torch.device
    dtype: torch.dtype
    threads: int  #: Of a model on the CPU.

    @property
    def is_cuda(self) -> bool:
        """Whether it is a GPU."""
        return bool(self.place.type == "cuda")

    @property
    def takes_all_cores(self) -> bool:
        """Whether a model at work leaves no core to others."""
        return not self.is_cuda and self.threads >= len(os.sched_getaffinity(0))

    @property
    def name(self) -> str:
        """What receipts and `/readyz` say, for instance `cuda:0 bf16`."""
        return f"{self.place} {_NAMES[self.dtype]}"


def choose(wanted: str = "auto", *, precision: str = "auto", threads: int = 0) -> Device:
    """Choose a device, and do a sum on it to see that it is really there.

    Args:
        wanted: `auto`, `cpu`, `cuda` or `cuda:N`; only `auto` falls back to the CPU.
        precision: `auto`, `fp32`, `bf16` or `fp16`.
        threads: of a model on the CPU; 0: one for each core that this process may use.

    Raises:
        ConfigurationError: the device that was asked for does not work, or not in this precision.
    """
    place = _place(wanted)
    threads = threads or len(os.sched_getaffinity(0))
    if place.type == "cpu":
        torch.set_num_threads(threads)
        _keep_memory()
    dtype = _best(place) if precision == "auto" else _DTYPES[precision]
    if place.type == "cpu" and dtype == torch.float16:
        raise ConfigurationError("SIGHTSONG_PRECISION: no processor is fast at fp16; use bf16")
    return Device(place=place, dtype=dtype, threads=threads)


def _place(wanted: str) -> torch.device:
    if wanted == "cpu" or (wanted == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    place = torch.device("cuda:0" if wanted in {"auto", "cuda"} else wanted)
    try:
        torch.ones(8, device=place).sum().item()
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise ConfigurationError(
            f"SIGHTSONG_DEVICE: {place} does not work ({reason}); set it to cpu, or mend the driver"
        ) from error
    return place


def _keep_memory() -> None:
    """Let this process keep the memory that tensors leave, to use it again; where glibc is used."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for parameter, value in _MALLOC.values():
            mallopt(parameter, value)


def _best(place: torch.device) -> torch.dtype:
    """The fastest arithmetic that keeps the numerics: bf16 only where the hardware has it."""
    if place.type == "cuda":
        with torch.cuda.device(place):
            has_bf16 = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if has_bf16 else torch.float16
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if able.get("amx_bf16") or able.get("avx512_bf16") else torch.float32
