"""One service, as its callers see it."""

from typing import cast

from sightsong.client.awaiting import Awaiting
from sightsong.client.batches import BatchCalls
from sightsong.client.blocking import Blocking
from sightsong.client.calls import DEFAULT_URL, Calls
from sightsong.client.errors import UnexpectedResponse
from sightsong.client.indexes import IndexCalls
from sightsong.client.ingests import IngestCalls
from sightsong.client.jobs import JobCalls
from sightsong.client.keys import KeyCalls
from sightsong.client.people import PeopleCalls
from sightsong.client.searches import SearchCalls
from sightsong.client.steps import Request, Steps
from sightsong.client.tracks import TrackCalls
from sightsong.client.twofold import Call
from sightsong.client.views import ReadinessView
from sightsong.client.webhooks import WebhookCalls

__all__ = ["DEFAULT_URL", "AsyncClient", "Client"]


class ServiceCalls(Calls):
    """What may be asked about the service itself."""

    @Call
    def ready(self) -> Steps[ReadinessView]:
        """Ask once whether the service can do its work; an unready one answers too.

        Raises:
            ServiceUnreachable: nothing answers.
            UnexpectedResponse: something else answers.
        """
        response = yield from self._wire.exchange(Request(method="GET", path="/readyz"), tries=1)
        answer = self._wire.decoded(response)
        if not isinstance(answer, dict) or "checks" not in answer:
            raise UnexpectedResponse(self.base_url, status=response.status_code)
        return cast("ReadinessView", answer)


class AllCalls(
    SearchCalls,
    JobCalls,
    BatchCalls,
    PeopleCalls,
    IngestCalls,
    TrackCalls,
    IndexCalls,
    WebhookCalls,
    KeyCalls,
    ServiceCalls,
):
    """What may be asked of a service."""


class Client(AllCalls, Blocking):
    """A Sightsong service; each call returns with its answer.

    Args:
        base_url: its address.
        timeout_s: how long it may be silent.
        transport: what carries requests; the network unless it is given.
        patience: how often to try again, and how to pause.
        key: a key of the service (`ssk_…`); sent to it alone.
        user: whom of your users this is for, as you call them.
        insecure_key: send the key even where strangers could read it: over plain http through the
            internet.

    Raises:
        ValueError: what was given is no key, or no user.
        KeyExposed: strangers could read the key on its way.
    """


class AsyncClient(AllCalls, Awaiting):
    """A Sightsong service; each call is awaited, each series gone through with `async for`.

    It is made as a `Client` is, with `key`, `user`, `insecure_key` and the rest.

    Who leaves a series before its end closes it with `contextlib.aclosing`, so that its connection
    is free at once and not when Python gets to it.
    """
