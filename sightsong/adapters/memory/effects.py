"""What completions do to the in-memory tracks, answers and snapshots. The caller holds the lock."""

from dataclasses import replace
from typing import assert_never

import numpy as np

from sightsong.adapters.memory import snapshots
from sightsong.adapters.memory.state import Row, State, Vectors
from sightsong.core.jobs import (
    ActivateSnapshot,
    Effect,
    KeepEmbedding,
    KeepQuery,
    QuarantineTrack,
    StoreEmbedding,
)
from sightsong.core.snapshots import Windows
from sightsong.core.tracks import TrackState


def apply(state: State, effect: Effect, *, by: Row) -> None:
    """Apply one effect of a job; a track or snapshot that is gone is left alone."""
    match effect:
        case StoreEmbedding():
            _store_embedding(state, effect)
        case KeepEmbedding():
            _keep_embedding(state, effect)
        case QuarantineTrack():
            _quarantine(state, effect)
        case KeepQuery():
            state.queries[effect.job_id] = effect
        case ActivateSnapshot():
            asked = by.sequence if by.job.params.get("asked") else None
            snapshots.finish(state, effect.version, asked=asked)
        case _:
            assert_never(effect)


def _store_embedding(state: State, effect: StoreEmbedding) -> None:
    track = state.there(effect.track_id)
    if track is None:
        return
    state.revisions[effect.space] += 1
    state.gone.pop((effect.space, effect.track_id), None)
    state.vectors[effect.space, effect.track_id] = Vectors(
        vector=effect.vector.astype(np.float32).astype(np.float16),
        windows=Windows(
            vectors=effect.windows.astype(np.float16), starts_s=tuple(effect.window_starts_s)
        ),
        revision=state.revisions[effect.space],
        digest=effect.digest,
        fingerprint=effect.fingerprint,
    )
    state.outdated.discard((effect.space, effect.track_id))
    heard = replace(
        track,
        state=TrackState.READY,
        duration_s=effect.duration_s,
        affect=effect.affect,
        descriptors=dict(effect.descriptors),
        reason_code=None,
        reason=None,
    )
    state.put(heard, but=effect.space)  # in other spaces, too, searches see what was heard


def _keep_embedding(state: State, effect: KeepEmbedding) -> None:
    track = state.there(effect.track_id)
    if track is not None:
        state.outdated.discard((effect.space, track.id))
        state.tracks[track.id] = replace(
            track, state=TrackState.READY, reason_code=None, reason=None
        )


def _quarantine(state: State, effect: QuarantineTrack) -> None:
    track = state.there(effect.track_id)
    if track is not None:
        state.tracks[effect.track_id] = replace(
            track,
            state=TrackState.QUARANTINED,
            reason_code=effect.error.code,
            reason=effect.error.detail,
        )
