"""Photos in the midst of a long batch of tracks."""

from collections.abc import Callable, Sequence

import pytest

from sightsong.core import jobs
from sightsong.core.jobs import JobKind, JobState
from sightsong.engine.work import Handler, Prepared, Work
from tests.unit.engine.parts import (
    ByHand,
    Panic,
    Preparations,
    make_suspect,
    state_of,
    submit,
    succeed,
    work_of,
)


class Steps:
    """A handler of tracks that takes several steps, and of photos that takes one."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.meanwhile = meanwhile
        self.order: list[str] = []
        photos_and_tracks = work_of()
        both = {JobKind.PHOTO: Handler(run=self.photos), JobKind.EMBED: Handler(run=self.tracks)}
        prepare = next(iter(photos_and_tracks.handlers.values())).prepare
        self.work = Work(
            lines=photos_and_tracks.lines,
            handlers={
                kind: Handler(run=handler.run, prepare=prepare) for kind, handler in both.items()
            },
        )

    def photos(self, batch: Sequence[Prepared]) -> list[jobs.Completion]:
        self.order.append("photo")
        self.work.interlude()
        return succeed(batch)

    def tracks(self, batch: Sequence[Prepared]) -> list[jobs.Completion]:
        self.order.append("first step")
        self.meanwhile()
        self.work.interlude()
        self.order.append("second step")
        return succeed(batch)


@pytest.fixture
def steps() -> Steps:
    return Steps()


def test_a_photo_that_comes_during_a_batch_of_tracks_runs_between_two_of_its_steps(stores, steps):
    engine = ByHand(stores, steps.work)
    track = submit(stores, kind=JobKind.EMBED)
    engine.feed()
    photos = []

    def meanwhile() -> None:
        photos.append(submit(stores))
        engine.feed()

    steps.meanwhile = meanwhile
    engine.runner.step()
    assert steps.order == ["first step", "photo", "second step"]
    assert state_of(stores, photos[0]) is JobState.SUCCEEDED
    assert state_of(stores, track) is JobState.SUCCEEDED
    assert not engine.desk.held


def test_its_result_is_written_before_the_batch_goes_on(stores, steps):
    engine = ByHand(stores, steps.work)
    submit(stores, kind=JobKind.EMBED)
    engine.feed()
    seen = []

    def meanwhile() -> None:
        photo = submit(stores)
        engine.feed()
        steps.work.interlude()
        seen.append(state_of(stores, photo))

    steps.meanwhile = meanwhile
    engine.runner.step()
    assert seen == [JobState.SUCCEEDED]


def test_a_photo_that_is_not_ready_is_not_waited_for(stores):
    steps = Steps()
    prepare = Preparations()
    handlers = {
        kind: Handler(run=handler.run, prepare=prepare)
        for kind, handler in steps.work.handlers.items()
    }
    steps.work = Work(lines=steps.work.lines, handlers=handlers)
    engine = ByHand(stores, steps.work)
    track = submit(stores, kind=JobKind.EMBED)
    engine.feed()
    prepare.end(track)
    photos = []

    def meanwhile() -> None:
        photos.append(submit(stores))
        engine.feed()

    steps.meanwhile = meanwhile
    engine.runner.step()
    assert steps.order == ["first step", "second step"]
    assert engine.waiting == photos


def test_more_tracks_do_not_run_in_the_midst_of_tracks(stores, steps):
    engine = ByHand(stores, steps.work)
    submit(stores, kind=JobKind.EMBED)
    engine.feed()

    def meanwhile() -> None:
        submit(stores, kind=JobKind.EMBED)
        engine.feed()

    steps.meanwhile = meanwhile
    engine.runner.step()
    assert steps.order == ["first step", "second step"]


def test_a_suspect_photo_waits_for_the_end_of_the_batch(stores, steps):
    suspect = make_suspect(stores)
    engine = ByHand(stores, steps.work)
    engine.turn()  # the suspect, alone
    assert state_of(stores, suspect) is JobState.SUCCEEDED
    submit(stores, kind=JobKind.EMBED)
    engine.feed()
    later = []

    def meanwhile() -> None:
        later.append(make_suspect(stores))
        engine.feed()

    steps.meanwhile = meanwhile
    steps.order.clear()
    engine.runner.step()
    assert steps.order == ["first step", "second step"]
    engine.turn()
    assert state_of(stores, later[0]) is JobState.SUCCEEDED


def test_a_photo_that_fails_in_between_does_not_hurt_the_tracks(stores):
    steps = Steps()
    prepare = next(iter(steps.work.handlers.values())).prepare

    def broken(_batch: Sequence[Prepared]) -> list[jobs.Completion]:
        raise Panic

    handlers = {
        JobKind.PHOTO: Handler(run=broken, prepare=prepare),
        JobKind.EMBED: Handler(run=steps.tracks, prepare=prepare),
    }
    steps.work = Work(lines=steps.work.lines, handlers=handlers)
    engine = ByHand(stores, steps.work)
    track = submit(stores, kind=JobKind.EMBED)
    engine.feed()

    def meanwhile() -> None:
        submit(stores)
        engine.feed()

    steps.meanwhile = meanwhile
    engine.runner.step()
    assert state_of(stores, track) is JobState.SUCCEEDED


def test_a_batch_that_lets_others_run_is_not_stuck(stores, steps):
    engine = ByHand(stores, steps.work)
    submit(stores, kind=JobKind.EMBED)
    engine.feed()
    idle = []

    def meanwhile() -> None:
        steps.work.interlude()
        idle.append(steps.work.watch.idle_s)

    steps.meanwhile = meanwhile
    engine.runner.step()
    assert idle[0] < 1
