"""The weights of the full profile on disk: fetched once, and that they still are what they were.

Beside them, `own` finds what lies in the folder of an emotion classifier of the user's own.

models/
  models.lock           revision of each model; size and SHA-256 of each file
  .verified.json        when each file was last read through and found right
  openai/clip-…/…       the files, by repository
  .pull/                what a pull has begun and not finished
"""

from sightsong.adapters.weights.checking import (
    State,
    checkpoints,
    mending,
    pull_command,
    state_of,
    verify,
)
from sightsong.adapters.weights.lock import Lock, LockedFile, LockedModel, lock_folder, read_lock
from sightsong.adapters.weights.own import OwnClassifier, Runtime, classifier_of, own_classifier

__all__ = [
    "Lock",
    "LockedFile",
    "LockedModel",
    "OwnClassifier",
    "Runtime",
    "State",
    "checkpoints",
    "classifier_of",
    "lock_folder",
    "mending",
    "own_classifier",
    "pull_command",
    "read_lock",
    "state_of",
    "verify",
]
