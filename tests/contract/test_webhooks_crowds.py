"""The `Webhooks` port, when many end, erase, send, change and remove at once."""

import threading
from collections.abc import Callable
from contextlib import suppress

from sightsong.core import ports
from sightsong.core.errors import NotFound
from sightsong.core.jobs import JobId, Owner
from sightsong.core.tenancy import DEFAULT_TENANT
from sightsong.core.webhooks import Event, new_secret
from tests.contract import building, telling
from tests.contract.building import photo

JOBS = 60


class Crowd:
    """What threads do to one store again and again, until all jobs have ended; their errors."""

    def __init__(self, stores: ports.Stores) -> None:
        self._stores = stores
        self._is_over = threading.Event()
        self.steady = telling.register(stores, events=frozenset({Event.JOB_SUCCEEDED}))
        self.jobs = [stores.jobs.submit(photo()).id for _ in range(JOBS)]
        self.ended: list[JobId] = []
        self.erased: list[JobId] = []
        self.errors: list[BaseException] = []

    def run(self, *works: Callable[[], object]) -> None:
        threads = [threading.Thread(target=self._repeat, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def complete(self) -> None:
        for job in building.claim(self._stores.jobs, owner=Owner(_me())):
            assert self._stores.jobs.complete([building.done(job)]) == {job.id}
            self.ended.append(job.id)
        if len(self.ended) == JOBS:
            self._is_over.set()

    def send(self) -> None:
        for one in telling.claim(self._stores, _me(), per_webhook=4):
            self._stores.webhooks.finish(one, telling.REFUSED, telling.again())

    def erase(self) -> None:
        if len(self.erased) < len(self.ended) // 3:
            job_id = self.ended[len(self.erased)]
            self._stores.jobs.erase(job_id)
            self.erased.append(job_id)

    def come_and_go(self) -> None:
        hooks, webhook = self._stores.webhooks, telling.register(self._stores)
        hooks.rotate(webhook.id, new_secret(), tenant=DEFAULT_TENANT, overlap_s=telling.LONG_S)
        hooks.remove(webhook.id, tenant=DEFAULT_TENANT)
        hooks.clear(keep_s=telling.LONG_S, limit=50)

    def replay(self) -> None:
        for one in telling.told(self._stores, self.steady)[:1]:
            with suppress(NotFound):  # it was erased just now
                self._stores.webhooks.replay(self.steady.id, one.id, tenant=DEFAULT_TENANT)

    def _repeat(self, work: Callable[[], object]) -> None:
        try:
            while not self._is_over.is_set():
                work()
        except BaseException as error:  # noqa: BLE001 - told by the test
            self.errors.append(error)
            self._is_over.set()


def _me() -> str:
    return threading.current_thread().name


def test_each_job_that_stays_is_told_of_once_whatever_else_goes_on(stores):
    crowd = Crowd(stores)
    crowd.run(
        crowd.complete,
        crowd.complete,
        crowd.send,
        crowd.send,
        crowd.erase,
        crowd.come_and_go,
        crowd.replay,
    )
    assert crowd.errors == []
    told_of = sorted(str(job_id) for _, job_id in telling.events(stores, crowd.steady))
    assert told_of == sorted(set(crowd.jobs) - set(crowd.erased))
