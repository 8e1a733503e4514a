"""What both ways of running a call share: how requests are made, and how generators go on."""

from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any, TypedDict

import httpx

from sightsong.client.calls import Access
from sightsong.client.identity import Identity
from sightsong.client.steps import Request
from sightsong.client.wire import is_loopback


class Opening(TypedDict):
    """How connections to a service are opened."""

    base_url: str
    auth: httpx.Auth
    trust_env: bool


def opening(base_url: str, access: Access) -> Opening:
    """Say how connections to a service are opened.

    Raises:
        ValueError: what was given is no key, or no user.
        KeyExposed: strangers could read the key on its way.
    """
    identity = Identity(
        base_url,
        key=access.get("key"),
        user=access.get("user"),
        insecure_key=access.get("insecure_key", False),
    )
    # A proxy named in the environment must not stand between us and this machine.
    return {"base_url": base_url, "auth": identity, "trust_env": not is_loopback(base_url)}


def made(
    http: httpx.Client | httpx.AsyncClient,
    request: Request,
    *,
    timeout_s: float,
    body: Iterator[bytes] | AsyncIterator[bytes] | None,
) -> httpx.Request:
    """Make what is sent of a request."""
    return http.build_request(
        request.method,
        request.path,
        params=request.params,
        json=request.json,
        content=request.content if body is None else body,
        headers=request.headers,
        timeout=httpx.Timeout(timeout_s, read=timeout_s + request.extra_s),
    )


def advanced(steps: Generator[Any, Any, Any], outcome: object) -> Any:  # noqa: ANN401 - any command
    """Tell a generator what came of what it asked for; return what it asks for next.

    Raises:
        StopIteration: it asks for nothing more; its `value` is the answer.
    """
    if isinstance(outcome, httpx.TransportError):
        return steps.throw(outcome)
    return steps.send(outcome)
