"""The lite profile: no weights, no torch, small and coarse, and it says so."""

from sightsong.core.models import Profile
from workers.models.lite.audio import LiteAudio
from workers.models.lite.captions import LiteCaptioner
from workers.models.lite.measures import Measurer
from workers.models.lite.moods import LiteFaces, LiteMoods
from workers.models.lite.photo import LiteEmotion
from workers.models.lite.text import LiteText


def lite_profile() -> Profile:
    """Put the lite models together; nothing is loaded."""
    measurer = Measurer()
    return Profile(
        name="lite",
        device="cpu",
        photo_side_px=512,
        has_fixed_moods=True,
        emotion=LiteEmotion(measurer),
        faces=LiteFaces(),
        moods=LiteMoods(),
        caption=LiteCaptioner(measurer),
        text=LiteText(),
        audio=LiteAudio(),
    )
