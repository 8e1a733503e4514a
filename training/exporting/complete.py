"""The folder of a trained classifier made complete: with ONNX, compared, and a card."""

from dataclasses import dataclass
from pathlib import Path

from sightsong.adapters import disk
from training.errors import RunRefused
from training.exporting.card import card_of
from training.exporting.comparing import Agreement, compare
from training.exporting.onnx_file import write_onnx
from training.fitting import checkpoints
from training.trained import CARD, ONNX

_MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written."""

    onnx: Path
    card: Path
    agreement: Agreement  #: Of ONNX and torch.

    @property
    def lines(self) -> tuple[str, ...]:
        """What to tell whoever asked for it."""
        size_mib = self.onnx.stat().st_size / _MIB
        off = f"{self.agreement.farthest:.1e} off torch at most"
        return (f"{self.onnx}: {size_mib:.1f} MiB, logits {off}", f"{self.card}: the model card")


def complete(folder: Path) -> Exported:
    """Write `model.onnx` and `README.md` beside the weights of a trained classifier.

    Raises:
        RunRefused: the folder holds no classifier of ours, or torch and ONNX do not agree; then no
            file of that name is left.
    """
    trained = checkpoints.read(folder)
    path = folder / ONNX
    try:
        write_onnx(trained, path)
        agreement = compare(trained, path)
        card = card_of(trained, folder).encode()
        disk.write_whole(folder / CARD, folder / f".{CARD}.part", [card])
    except RunRefused:
        path.unlink(missing_ok=True)
        raise
    except OSError as error:
        raise RunRefused(f"{folder} cannot be written ({error.strerror})") from error
    return Exported(onnx=path, card=folder / CARD, agreement=agreement)
