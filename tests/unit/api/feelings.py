"""A small library in the affect space, and answers that searched it, as a worker leaves them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsong.core import affect_space, jobs, ports
from sightsong.core.affect import Affect
from sightsong.core.moods import MOOD_PLACES
from sightsong.core.prompts import MOOD_PHRASES
from sightsong.core.tracks import FoundFile, Tags, TrackId

SPACE = affect_space.SPACE
CALM = Affect(valence=0.3, arousal=-0.7)
LIVELY = Affect(valence=0.4, arousal=0.7)
SAD = Affect(valence=-0.7, arousal=-0.5)
HAPPY = Affect(valence=0.8, arousal=0.1)
_WORKER = jobs.Owner("worker-1")


def vector(affect: Affect) -> NDArray[np.float32]:
    """Where a feeling lies, (512,)."""
    return affect_space.embed([affect_space.SoundPoint(affect=affect)])[0]


def add(stores: ports.Stores, name: str, affect: Affect, **said: object) -> TrackId:
    """Take a track in and embed it; returns its id."""
    track_id = register(stores, name, **said)
    (job,) = stores.jobs.claim([jobs.Queue.TRACKS], owner=_WORKER, limit=1, lease_s=60)
    effect = jobs.StoreEmbedding(
        track_id=track_id,
        space=SPACE,
        vector=vector(affect),
        windows=np.stack([vector(SAD), vector(affect)]).astype(np.float16),
        window_starts_s=(0.0, 10.0),
        affect=affect,
        descriptors={"tempo_bpm": 90.0},
        duration_s=60.0,
        digest=name,
    )
    stores.jobs.complete(
        [jobs.Completion(job=job, outcome=jobs.Succeeded(result={}), effects=(effect,))]
    )
    return track_id


def register(stores: ports.Stores, name: str, **said: object) -> TrackId:
    """Take a track in; it waits to be listened to."""
    parent = stores.jobs.submit(jobs.NewJob(kind=jobs.JobKind.INGEST, params={"path": "/m"}))
    path = f"/m/{name}.mp3"
    file = FoundFile(
        path=path,
        size_bytes=1,
        mtime_ns=1,
        sha256=name.encode().hex().rjust(64, "0"),
        tags=Tags(title=name, **said),  # type: ignore[arg-type]
    )
    stores.tracks.register([file], space=SPACE, parent_id=parent.id)
    return next(track.id for track in stores.tracks.page(limit=100) if track.path == path)


def keep_phrases(stores: ports.Stores) -> None:
    """Store the phrases of moods, as a worker does at its start."""
    stores.phrases.keep(
        SPACE,
        {text: vector(MOOD_PLACES[mood]) for mood, texts in MOOD_PHRASES.items() for text in texts},
    )


def answered(
    stores: ports.Stores,
    affect: Affect | None,
    *,
    kind: jobs.JobKind = jobs.JobKind.PHOTO,
    params: dict[str, Any] | None = None,
    effects: Sequence[jobs.Effect] | None = None,
    outcome: jobs.Outcome | None = None,
) -> jobs.JobId:
    """Have a job answered as a worker would; returns its id."""
    stores.jobs.submit(jobs.NewJob(kind=kind, params=params or {}))
    (job,) = stores.jobs.claim([kind.queue], owner=_WORKER, limit=1, lease_s=60)
    result = {
        "query": "a calm piece",
        "valence": None if affect is None else affect.valence,
        "arousal": None if affect is None else affect.arousal,
        "matches": [],
    }
    kept = jobs.KeepQuery(job_id=job.id, space=SPACE, vector=vector(affect or CALM), affect=affect)
    done = jobs.Completion(
        job=job,
        outcome=outcome or jobs.Succeeded(result=result),
        effects=tuple([kept] if effects is None else effects),
    )
    stores.jobs.complete([done])
    return job.id
