"""The lite profile: no torch, small and coarse, and it says so."""

import os

from sightsong.core.models import Profile
from workers.models.lite.audio import LiteAudio
from workers.models.lite.captions import LiteCaptioner
from workers.models.lite.faces import LiteFaces
from workers.models.lite.moods import LiteMoods
from workers.models.lite.photo import LiteEmotion
from workers.models.lite.remembered import RememberedFaces
from workers.models.lite.text import LiteText
from workers.models.own.port import OwnEmotion


def lite_profile(own: OwnEmotion | None = None) -> Profile:
    """Put the lite models together.

    Args:
        own: the user's own emotion classifier; None: the profile's own reading.

    Raises:
        ModelsMissing: weights are not there, or cannot be read: the installation is broken.
    """
    faces = RememberedFaces(LiteFaces())
    return Profile(
        name="lite",
        device="cpu",
        photo_side_px=512,
        views=() if own is None else own.views,
        shares_cores=own is not None and own.takes_cores >= len(os.sched_getaffinity(0)),
        has_fixed_moods=True,
        emotion=LiteEmotion() if own is None else own,
        faces=faces,
        moods=LiteMoods(),
        caption=LiteCaptioner(faces),
        text=LiteText(),
        audio=LiteAudio(),
    )
