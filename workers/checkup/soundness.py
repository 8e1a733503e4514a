"""What must hold with any weights: finite, normed, in range, and the same for the same input."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from sightsong.core.affect import EmotionReading
from sightsong.core.errors import SilentAudio
from sightsong.core.models import Profile
from sightsong.core.verdicts import Outcome, Verdict
from workers.checkup import inputs
from workers.checkup.inputs import Pictures

HAPPY, SAD = "a happy upbeat pop song", "a sad slow piano ballad"

#: Of sums, norms and repeats: bf16 keeps three digits.
_CLOSE = 5e-3
#: Cosine above which two inputs count as one and the same to a model.
_ALIKE = 0.99

Finding = tuple[bool, str]


def check(profile: Profile) -> Iterator[Verdict]:
    """Look at each model in turn."""
    shown = inputs.pictures()
    emotions = profile.emotion.predict(shown.all)
    yield _verdict("emotion", lambda: _emotions(emotions))
    yield _verdict("faces", lambda: _faces(profile, shown))
    yield _verdict("moods", lambda: _moods(profile, shown, emotions))
    yield _verdict("captions", lambda: _captions(profile, shown, emotions))
    yield _verdict("text vectors", lambda: _texts(profile))
    yield _verdict("sound vectors", lambda: _sounds(profile))
    yield _verdict("silence", lambda: _silence(profile))


def _verdict(what: str, look: Callable[[], Finding]) -> Verdict:
    is_sound, detail = look()
    outcome = Outcome.SOUND if is_sound else Outcome.BROKEN
    return Verdict(what=what, outcome=outcome, detail=detail)


def _emotions(readings: list[EmotionReading]) -> Finding:
    sums = [sum(reading.distribution.values()) for reading in readings]
    in_range = all(
        _is_share(reading.distribution.values())
        and max(abs(reading.affect.valence), abs(reading.affect.arousal)) <= 1
        for reading in readings
    )
    first, _, again = readings
    drift = max(
        abs(first.distribution[key] - again.distribution[key]) for key in first.distribution
    )
    is_sound = in_range and all(abs(total - 1) < _CLOSE for total in sums) and drift < _CLOSE
    told = f"{first.dominant} {first.confidence:.0%} on the bright photo; "
    return is_sound, f"{told}sums to {sums[0]:.4f}; repeats within {drift:.1e}"


def _faces(profile: Profile, shown: Pictures) -> Finding:
    found = profile.faces.find(shown.all)
    faces = [face for each in found for face in each]
    in_frame = all(
        min(face.x, face.y, face.width, face.height) >= -_CLOSE
        and face.x + face.width <= 1 + _CLOSE
        and face.y + face.height <= 1 + _CLOSE
        and _is_share(face.distribution.values())
        for face in faces
    )
    is_repeated = len(found) == len(shown.all) and len(found[0]) == len(found[2])
    return in_frame and is_repeated, f"{len(faces)} in photos without any"


def _moods(profile: Profile, shown: Pictures, emotions: list[EmotionReading]) -> Finding:
    scored = profile.moods.score(shown.all, emotions, [()] * len(shown.all))
    first, _, again = scored
    scores = [mood.score for mood in first]
    is_sound = (
        {mood.label for mood in first} == set(profile.moods.labels)
        and scores == sorted(scores, reverse=True)
        and all(0 <= score <= 1 for score in scores)
        and all(mood.similarity is None or abs(mood.similarity) <= 1 + _CLOSE for mood in first)
    )
    by_label = {mood.label: mood.score for mood in again}
    drift = max(abs(mood.score - by_label[mood.label]) for mood in first)
    told = f"{len(first)} labels, highest {first[0].label} {first[0].score:.2f}"
    return is_sound and drift < _CLOSE, f"{told}; repeats within {drift:.1e}"


def _captions(profile: Profile, shown: Pictures, emotions: list[EmotionReading]) -> Finding:
    captions = profile.caption.caption(shown.all, emotions)
    texts = [text for each in captions for text in (each.plain, each.emotional)]
    is_sound = all(text.strip() and text.isprintable() for text in texts)
    return is_sound and captions[0] == captions[2], f"{captions[0].emotional!r}"


def _texts(profile: Profile) -> Finding:
    vectors = profile.text.encode([HAPPY, SAD, HAPPY])
    happy, sad, again = vectors
    cosine = float(happy @ sad)
    is_sound = _is_unit(vectors) and cosine < _ALIKE and np.allclose(happy, again, atol=_CLOSE)
    return is_sound, f"{vectors.shape[1]} numbers; cosine of happy and sad {cosine:.3f}"


def _sounds(profile: Profile) -> Finding:
    sounds = (inputs.beat(), inputs.pad(), inputs.beat())
    beat, pad, again = profile.audio.read([inputs.heard(profile, sound) for sound in sounds])
    vectors = np.stack([beat.vector, pad.vector, *beat.windows, *pad.windows])
    cosine = float(beat.vector @ pad.vector)
    is_sound = (
        _is_unit(vectors)
        and profile.audio.space == profile.text.space
        and cosine < _ALIKE
        and np.allclose(beat.vector, again.vector, atol=_CLOSE)
    )
    return is_sound, f"{len(beat.windows)} windows; cosine of drums and chord {cosine:.3f}"


def _silence(profile: Profile) -> Finding:
    try:
        inputs.heard(profile, inputs.silence())
    except SilentAudio:
        return True, "is told apart from music"
    return False, "is taken for music"


def _is_share(shares: Iterable[float]) -> bool:
    values = np.array(list(shares))
    in_range = bool(np.isfinite(values).all() and (values >= 0).all() and (values <= 1).all())
    return in_range and abs(float(values.sum()) - 1) < _CLOSE


def _is_unit(vectors: NDArray[np.float32]) -> bool:
    norms = np.linalg.norm(vectors, axis=1)
    return bool(np.isfinite(vectors).all() and np.allclose(norms, 1, atol=_CLOSE))
