"""What receipts say of a classifier of the user's own."""

import hashlib

from sightsong.adapters import disk
from sightsong.adapters.weights.own import FOLDER_SETTING, OwnClassifier
from sightsong.core.models import ModelCard
from workers.models.own.outputs import Outputs

_REVISION_LETTERS = 12


def card_of(found: OwnClassifier, outputs: Outputs, *, runs_on: str) -> ModelCard:
    """Describe a classifier; the revision is one of the whole folder, as far as answers need it.

    Args:
        found: the classifier.
        outputs: what it gives.
        runs_on: runtime and device.
    """
    digests = [disk.sha256_of(path) for path in found.files]
    return ModelCard(
        id=f"local/{found.name}",
        revision=hashlib.sha256("".join(digests).encode()).hexdigest()[:_REVISION_LETTERS],
        task="emotion",
        licence="of your own",
        source=f"{found.kind} of {FOLDER_SETTING} by {runs_on}, {outputs.words}",
    )
