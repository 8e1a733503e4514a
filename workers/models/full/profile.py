"""The full profile: one published model for each task."""

from collections.abc import Mapping

import numpy as np

from sightsong.adapters.weights.own import OwnClassifier
from sightsong.core import prompts
from sightsong.core.catalogue import Checkpoint, Task
from sightsong.core.models import Photo, Profile
from workers.device import Device
from workers.models.full.audio import ClapAudio
from workers.models.full.captions import BlipCaptioner
from workers.models.full.clip import Clip
from workers.models.full.emotion import emotion_model
from workers.models.full.expression import ExpressionModel
from workers.models.full.faces import YunetFaces
from workers.models.full.moods import ClipMoods
from workers.models.full.text import ClapText

#: Longest side of a decoded photo: enough for faces of a twentieth of its width.
_PHOTO_SIDE_PX = 1024
_WARM_PX = 64
_WARM_HZ = 48_000


def full_profile(
    models: Mapping[Task, Checkpoint], device: Device, *, own: OwnClassifier | None = None
) -> Profile:
    """Load every model, and run each once, so that the first photo finds them warm.

    Args:
        models: the checkpoints on disk.
        device: where they run.
        own: the user's own emotion classifier; None: CLIP, zero-shot.

    Raises:
        ModelsMissing: a checkpoint does not fit its model.
        ConfigurationError: the emotion classifier cannot be used.
    """
    clip = Clip(models[Task.VISION], device)
    emotion = emotion_model(clip, own, device)
    captions = BlipCaptioner(models[Task.CAPTION], device)
    expression = ExpressionModel(models[Task.EXPRESSION], device)
    profile = Profile(
        name="full",
        device=device.name,
        photo_side_px=_PHOTO_SIDE_PX,
        views=tuple(dict.fromkeys((clip.view, captions.view, *emotion.views))),
        has_seeing_captions=True,
        shares_cores=device.takes_all_cores,
        emotion=emotion,
        faces=YunetFaces(models[Task.FACES], expression),
        moods=ClipMoods(clip),
        caption=captions,
        text=ClapText(models[Task.MUSIC], device),
        audio=ClapAudio(models[Task.MUSIC], device),
    )
    warm(profile)
    return profile


def warm(profile: Profile) -> None:
    """Run every model once: its first call is the slowest, and no caller should wait for it.

    The phrases that every music query is made of are embedded here, once for the process.
    """
    photos = [Photo(pixels=np.full((_WARM_PX, _WARM_PX, 3), 128, dtype=np.uint8))]
    emotions = profile.emotion.predict(photos)
    profile.faces.find(photos)
    profile.moods.score(photos, emotions, [()])
    profile.caption.caption(photos, emotions)
    profile.text.encode(prompts.all_phrases())
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, _WARM_HZ).astype(np.float32)
    profile.audio.read([profile.audio.listener.hear([noise], rate_hz=_WARM_HZ)])
