"""The door to ONNX classifiers: onnxruntime is imported only where one is used."""

from sightsong.adapters.weights.own import OwnClassifier
from sightsong.core.errors import ConfigurationError
from workers.models.own.port import OwnEmotion


def onnx_emotion(found: OwnClassifier, *, device: str, threads: int) -> OwnEmotion:
    """Load a classifier that is kept as ONNX.

    Args:
        found: the classifier; it has a `model.onnx`.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        threads: on the CPU; 0: one for each core.

    Raises:
        ConfigurationError: it cannot be used, or onnxruntime is not installed.
    """
    try:
        from workers.models.own.onnx_emotion import OnnxEmotion  # noqa: PLC0415 - may be absent
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] != "onnxruntime":
            raise
        raise ConfigurationError(
            "an emotion classifier that is kept as ONNX needs onnxruntime, which is not installed; "
            "run `.venv/bin/pip install onnxruntime`"
        ) from error
    return OnnxEmotion(found, device=device, threads=threads)
