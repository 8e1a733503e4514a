"""Where a network learns, and in which arithmetic."""

import contextlib
import os
from dataclasses import dataclass

import torch

from training.errors import PlanRefused
from training.plans import Course, Precision

_DTYPES = {Precision.BF16: torch.bfloat16, Precision.FP16: torch.float16}


@dataclass(frozen=True, kw_only=True)
class Place:
    """A device and an arithmetic."""

    device: torch.device
    dtype: torch.dtype | None  #: Of the network's sums while it learns; None: float32 throughout.

    @property
    def scales(self) -> bool:
        """Whether gradients must be scaled, because small ones would vanish."""
        return self.dtype is torch.float16

    @property
    def name(self) -> str:
        """What logs say, for instance `cuda:0 bf16`."""
        names = {dtype: precision.value for precision, dtype in _DTYPES.items()}
        return f"{self.device} {names.get(self.dtype, 'fp32')}"

    def arithmetic(self) -> contextlib.AbstractContextManager[object]:
        """Within it the network runs in the plan's arithmetic."""
        if self.dtype is None:
            return contextlib.nullcontext()
        cast: contextlib.AbstractContextManager[object] = torch.autocast(
            self.device.type, dtype=self.dtype
        )
        return cast


def choose(course: Course) -> Place:
    """Choose by what the course asks for and what there is; sets the threads of this process.

    Raises:
        PlanRefused: what it asks for is not there.
    """
    device = _device(course.device)
    if device.type == "cpu":
        torch.set_num_threads(course.threads or len(os.sched_getaffinity(0)))
    return Place(device=device, dtype=_dtype(course.precision, device))


def _device(wanted: str) -> torch.device:
    if wanted == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device("cuda:0" if wanted == "cuda" else wanted)
        torch.ones(2, device=device).sum().item()
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise PlanRefused(f"--device {wanted} does not work here ({reason}); say cpu") from error
    return device


def _dtype(wanted: Precision, device: torch.device) -> torch.dtype | None:
    if wanted is Precision.AUTO:
        return torch.bfloat16 if _is_fast_at_bf16(device) else None
    if wanted is Precision.FP16 and device.type != "cuda":
        raise PlanRefused("--precision fp16 needs a GPU; on a processor say bf16, fp32 or auto")
    return _DTYPES.get(wanted)


def _is_fast_at_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # Nothing public tells whether a processor multiplies bf16 itself; else it is slower than fp32.
    probe = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return bool(probe())
