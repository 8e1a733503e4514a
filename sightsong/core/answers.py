"""Answers: what a photo or some words lead to, as JSON values in a fixed order and precision."""

from collections.abc import Mapping, Sequence
from typing import Any

from sightsong.core import blend, reasons
from sightsong.core.affect import Affect, Agreement, Emotion, EmotionReading, Face
from sightsong.core.matching import Match, Parts
from sightsong.core.models import Profile
from sightsong.core.photos import PhotoReading
from sightsong.core.tracks import Track, TrackId

#: Decimals of every number in an answer: enough to compare, few enough to read.
_DECIMALS = 4


def photo_answer(
    reading: PhotoReading, *, query: str, matches: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Put together what was seen in a photo and the matches for it."""
    emotion = reading.emotion
    return {
        "emotion": _emotion(emotion) | {"agreement": _agreement(reading.agreement)},
        "valence": _round(emotion.affect.valence),
        "arousal": _round(emotion.affect.arousal),
        "faces": [_face(face) for face in reading.faces],
        "moods": [
            {
                "label": mood.label,
                "score": _round(mood.score),
                "similarity": _round_or_none(mood.similarity),
            }
            for mood in reading.moods
        ],
        "caption": reading.captions and reading.captions.plain,
        "emotional_caption": reading.captions and reading.captions.emotional,
        "query": query,
        "matches": list(matches),
    }


def text_answer(
    text: str, affect: Affect | None, *, query: str, matches: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Put together what was understood of some words and the matches for them."""
    return {
        "text": text,
        "valence": None if affect is None else _round(affect.valence),
        "arousal": None if affect is None else _round(affect.arousal),
        "query": query,
        "matches": list(matches),
    }


def match_answers(
    target: Affect | None,
    matches: Sequence[Match],
    tracks: Mapping[TrackId, Track],
    *,
    starts: Mapping[TrackId, float],
    asked: reasons.Asked = reasons.Asked.PHOTO,
) -> list[dict[str, Any]]:
    """List the chosen tracks with rank, score, parts and reason.

    Args:
        target: the point of the affect plane that they were ranked by, if any.
        matches: best first.
        tracks: the row of each.
        starts: where the window that fits best begins, in seconds, where that is known.
        asked: what they were looked for with.
    """
    return [
        {
            "rank": rank,
            "track_id": match.candidate.track_id,
            "title": tracks[match.candidate.track_id].title,
            "artist": tracks[match.candidate.track_id].tags.artist,
            "score": _round(match.score),
            "parts": _parts(match.parts),
            "reason": reasons.reason(
                target, match, start_s=starts.get(match.candidate.track_id), asked=asked
            ),
            "window_start_s": _round(starts.get(match.candidate.track_id, 0.0)),
        }
        for rank, match in enumerate(matches, start=1)
    ]


def receipt(
    profile: Profile, *, index_snapshot: str | None, index_revision: int, prompts_sha256: str
) -> dict[str, Any]:
    """Name everything that the answer depends on besides what was asked."""
    models = [{"task": c.task, "id": c.id, "revision": c.revision} for c in profile.cards]
    return {
        "profile": profile.name,
        "device": profile.device,
        "models": models,
        "index_snapshot": index_snapshot,
        "index_revision": index_revision,
        "prompts_sha256": prompts_sha256,
    }


def _parts(parts: Parts) -> dict[str, float | None]:
    return {
        "semantic": _round(parts.semantic),
        "cosine": _round(parts.cosine),
        "affect": _round(parts.affect),
        "affect_distance": _round_or_none(parts.affect_distance),
        "memory": _round(parts.memory),
    }


def _emotion(emotion: EmotionReading) -> dict[str, Any]:
    distribution = _rounded_to_one([emotion.distribution[name] for name in Emotion])
    return {
        "dominant": emotion.dominant.value,
        "confidence": _round(emotion.confidence),
        "distribution": dict(zip((name.value for name in Emotion), distribution, strict=True)),
    }


def _agreement(agreement: Agreement | None) -> dict[str, Any] | None:
    if agreement is None:
        return None
    return {
        "agrees": blend.is_agreed(agreement),
        "distance": _round(agreement.distance),
        "scene": _affect(agreement.scene),
        "faces": _affect(agreement.faces),
        "note": reasons.agreement(agreement),
    }


def _affect(affect: Affect) -> dict[str, float]:
    return {"valence": _round(affect.valence), "arousal": _round(affect.arousal)}


def _rounded_to_one(shares: Sequence[float]) -> list[float]:
    """Round shares so that they still sum to 1: the largest takes the rounding error."""
    rounded = [_round(share) for share in shares]
    largest = max(range(len(rounded)), key=rounded.__getitem__)
    others = sum(share for i, share in enumerate(rounded) if i != largest)
    rounded[largest] = _round(1.0 - others)
    return rounded


def _face(face: Face) -> dict[str, Any]:
    return {
        "box": {
            "x": _round(face.x),
            "y": _round(face.y),
            "width": _round(face.width),
            "height": _round(face.height),
        },
        "score": _round(face.score),
        "distribution": {name: _round(share) for name, share in face.distribution.items()},
    }


def _round(value: float) -> float:
    # Adding 0.0 turns -0.0 into 0.0: the same answer must have the same bytes.
    return round(float(value), _DECIMALS) + 0.0


def _round_or_none(value: float | None) -> float | None:
    return None if value is None else _round(value)
