"""Faces that are looked for once: three models of the lite profile ask for those of one photo."""

import weakref
from collections.abc import Sequence

from sightsong.core.affect import Face
from sightsong.core.models import FaceModel, Photo


class RememberedFaces:
    """A face model that remembers what it found, for as long as a photo is held."""

    def __init__(self, faces: FaceModel) -> None:
        """Ask this model, with its card as our own."""
        self.card = faces.card
        self._faces = faces
        self._found: weakref.WeakKeyDictionary[Photo, tuple[Face, ...]] = (
            weakref.WeakKeyDictionary()
        )

    def find(self, photos: Sequence[Photo]) -> list[tuple[Face, ...]]:
        """Find the faces of each photo, largest first; of photos seen before, remember them."""
        fresh = [photo for photo in dict.fromkeys(photos) if photo not in self._found]
        if fresh:
            self._found.update(zip(fresh, self._faces.find(fresh), strict=True))
        return [self._found[photo] for photo in photos]
