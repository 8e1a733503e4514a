"""What completions do to the in-memory tracks and snapshots. The caller holds the lock."""

from dataclasses import replace
from typing import assert_never

import numpy as np

from sightsong.adapters.memory.state import State, Vectors
from sightsong.core.jobs import (
    ActivateSnapshot,
    Effect,
    KeepEmbedding,
    QuarantineTrack,
    StoreEmbedding,
)
from sightsong.core.snapshots import SnapshotState, TrackVectors
from sightsong.core.tracks import TrackState


def apply(state: State, effect: Effect) -> None:
    """Apply one effect; a track or snapshot that is gone is left alone."""
    match effect:
        case StoreEmbedding():
            _store_embedding(state, effect)
        case KeepEmbedding():
            _keep_embedding(state, effect)
        case QuarantineTrack():
            _quarantine(state, effect)
        case ActivateSnapshot():
            _activate(state, effect)
        case _:
            assert_never(effect)


def _store_embedding(state: State, effect: StoreEmbedding) -> None:
    track = state.there(effect.track_id)
    if track is None:
        return
    state.revisions[effect.space] += 1
    vectors = TrackVectors(
        track_id=effect.track_id,
        vector=effect.vector.astype(np.float32),
        windows=effect.windows.astype(np.float16),
        window_starts_s=effect.window_starts_s,
    )
    state.vectors[effect.space, effect.track_id] = Vectors(
        read=vectors,
        revision=state.revisions[effect.space],
        digest=effect.digest,
        fingerprint=effect.fingerprint,
    )
    state.outdated.discard((effect.space, effect.track_id))
    state.tracks[effect.track_id] = replace(
        track,
        state=TrackState.READY,
        duration_s=effect.duration_s,
        affect=effect.affect,
        descriptors=dict(effect.descriptors),
        reason_code=None,
        reason=None,
    )


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


def _activate(state: State, effect: ActivateSnapshot) -> None:
    new = state.snapshots.get(effect.version)
    if new is None:
        return
    actives = [
        snapshot
        for snapshot in state.snapshots.values()
        if snapshot.space == new.space and snapshot.state is SnapshotState.ACTIVE
    ]
    if any(snapshot.revision > new.revision for snapshot in actives):
        return
    for old in actives:
        state.snapshots[old.version] = replace(old, state=SnapshotState.RETIRED)
    state.snapshots[new.version] = replace(new, state=SnapshotState.ACTIVE)
