"""What a profile asks of a classifier of the user's own beyond what it asks of any."""

from typing import Protocol

from sightsong.core.models import EmotionModel, View


class OwnEmotion(EmotionModel, Protocol):
    """Photo to emotion, by a network that wants its own copies of a photo."""

    views: tuple[View, ...]  #: The copies that it takes.

    @property
    def takes_cores(self) -> int:
        """How many cores it takes; a GPU takes none of them."""
        ...
