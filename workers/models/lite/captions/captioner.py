"""Photo to sentences about its light, its colours, its faces and its feeling."""

from collections.abc import Sequence

from sightsong.core.affect import EmotionReading
from sightsong.core.models import FaceModel, ModelCard, Photo
from sightsong.core.photos import Captions
from workers.models.lite.captions.looking import look
from workers.models.lite.captions.sentences import write


class LiteCaptioner:
    """Photo to sentences about what was measured and found in it."""

    card = ModelCard(
        id="sightsong/lite-caption",
        revision="2",
        task="caption",
        licence="MIT",
        source="sentences from measurements and from the faces found; names no objects",
    )

    def __init__(self, faces: FaceModel) -> None:
        """Write of the faces that a model finds, which should remember those of each photo."""
        self._faces = faces

    def caption(
        self, photos: Sequence[Photo], emotions: Sequence[EmotionReading]
    ) -> list[Captions]:
        """Say of each photo what was measured and found, and how that feels."""
        found = self._faces.find(photos)
        return [
            write(look(photo.pixels), emotion.affect, faces)
            for photo, emotion, faces in zip(photos, emotions, found, strict=True)
        ]
