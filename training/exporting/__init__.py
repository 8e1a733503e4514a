"""A trained classifier for those who use it: as ONNX, compared with torch, and its model card."""

from training.exporting.card import card_of
from training.exporting.comparing import Agreement, compare
from training.exporting.complete import Exported, complete
from training.exporting.onnx_file import write_onnx

__all__ = ["Agreement", "Exported", "card_of", "compare", "complete", "write_onnx"]
