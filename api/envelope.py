"""What surrounds every request: its id, who may ask, the headers of each answer, the last resort.

Plain ASGI, outermost: what the framework and its middlewares answer passes through here too.
"""

import re
import uuid
from collections.abc import Sequence
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors
from sightsong.core.errors import SightsongError, Unavailable

log = structlog.get_logger()

_OWN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FIRST_REFUSAL = 400
#: Bytes of an address with its parameters; the longest filters that are of use have half of that.
_LONGEST_ADDRESS = 60 * 1024
#: Each is looked at; lists are 50 words long at most.
_MOST_PARAMETERS = 1000
_LONGEST_HEADERS = 32 * 1024
_MOST_HEADERS = 100
_LENGTHS = frozenset({b"content-length", b"transfer-encoding"})
#: Headers of a framework's refusal that keep their meaning in ours.
_KEPT = ("allow", "content-range")


class Envelope:
    """The outermost layer of the app.

    It checks the `Host` header, so that a page whose name was rebound to this address is not
    answered, and refuses changes that a page of another site asks for.
    """

    def __init__(
        self, app: ASGIApp, *, allowed_hosts: Sequence[str], allowed_origins: Sequence[str] = ()
    ) -> None:
        self._app = app
        self._allowed_origins = frozenset(allowed_origins)
        self._allowed_hosts = frozenset(host.lower() for host in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _OWN_ID.fullmatch(given) else uuid.uuid4().hex
        scope["state"] = {**scope.get("state", {}), "request_id": request_id}
        answer = _Answer(Request(scope), send)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            refusal = _crowded(scope) or _out_of_bounds(scope)
            refusal = refusal or self._refusal(scope["method"], headers)
            if refusal is not None:
                await answer.refuse(refusal)
            else:
                await self._run(scope, receive, answer)

    async def _run(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            await self._app(scope, receive, answer.send)
        except Exception:  # the edge: whatever nobody foresaw must not leave as a stack trace
            log.exception("request.crashed", path=scope["path"])
            if answer.is_started:
                raise  # too late for an answer: the server closes the connection
            await answer.refuse(SightsongError("Something went wrong inside; the log says more."))

    def _refusal(self, method: str, headers: Headers) -> SightsongError | None:
        if "*" not in self._allowed_hosts and _host(headers) not in self._allowed_hosts:
            return errors.HostNotAllowed()
        is_welcome = headers.get("origin") in self._allowed_origins
        if method not in _SAFE_METHODS and not is_welcome and _is_cross_site(headers):
            return errors.CrossSiteRefused()
        return None


class _Answer:
    """One answer on its way out: completes its headers, and puts bare refusals into our shape."""

    def __init__(self, request: Request, send: Send) -> None:
        self._request = request
        self._send = send
        self._replaced = False
        self.is_started = False

    async def send(self, message: Message) -> None:
        """Pass one message of the app on."""
        if self._replaced:
            return
        if message["type"] == "http.response.start":
            headers = Headers(raw=message["headers"])
            if message["status"] >= _FIRST_REFUSAL and _is_bare(headers):
                self._replaced = True
                await self._replace(message["status"], headers)
                return
        await self._pass(message)

    async def refuse(self, error: SightsongError) -> None:
        """Answer with a problem."""
        await self._problem(errors.Problem(error=error))

    async def _replace(self, status: int, headers: Headers) -> None:
        kept = {name: headers[name] for name in _KEPT if name in headers}
        error = errors.of_status(status)
        await self._problem(errors.Problem(error=error, status=status, headers=kept))

    async def _problem(self, problem: errors.Problem) -> None:
        response = errors.response(self._request, problem)
        await response(self._request.scope, self._request.receive, self._pass)

    async def _pass(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.is_started = True
            headers = MutableHeaders(raw=message["headers"])
            headers["x-request-id"] = errors.request_id(self._request)
            headers["x-content-type-options"] = "nosniff"
            headers.update(errors.told(self._request))
        await self._send(message)


def _crowded(scope: Scope) -> SightsongError | None:
    """Refuse a request whose connection came when the process held as many as it may."""
    if not scope["state"].get(errors.CROWDED):
        return None
    errors.note_unread(Request(scope), is_unread=True)
    return Unavailable("This process holds as many connections as it may.")


def _out_of_bounds(scope: Scope) -> SightsongError | None:
    """Refuse a head of a request that is longer than anybody needs."""
    query: bytes = scope["query_string"]
    if len(scope["path"]) + len(query) > _LONGEST_ADDRESS:
        return errors.AddressTooLong(f"The address may have {_LONGEST_ADDRESS:,} bytes.")
    if query.count(b"&") >= _MOST_PARAMETERS:
        return errors.BadRequest(f"An address may have {_MOST_PARAMETERS:,} parameters.")
    headers: Sequence[tuple[bytes, bytes]] = scope["headers"]
    if {name for name, _ in headers} >= _LENGTHS:
        # RFC 9112: who stands before us may have gone by the other one, and read another request.
        return errors.BadRequest("Send Content-Length or Transfer-Encoding, not both.")
    weight = sum(len(name) + len(value) for name, value in headers)
    if len(headers) > _MOST_HEADERS or weight > _LONGEST_HEADERS:
        told = f"A request may have {_MOST_HEADERS} headers, of {_LONGEST_HEADERS:,} bytes in all."
        return errors.HeadersTooLarge(told)
    return None


def _is_cross_site(headers: Headers) -> bool:
    """Whether a page that is not ours asks; only browsers say what is looked at here.

    They leave `Sec-Fetch-Site` out where the service is reached by plain HTTP from another
    machine; of a form that is sent from there, `Origin` tells. To them another port of this machine
    is the same site: that is somebody else's page, unless it has our very host and port.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site in {"same-origin", "none"}:
        return False
    if site == "cross-site" or origin is None:
        return site is not None
    return origin.partition("://")[2].lower() != headers.get("host", "").lower()


def _is_bare(headers: Headers) -> bool:
    return headers.get("content-type", "text/plain").startswith("text/plain")


def _host(headers: Headers) -> str:
    """Read the host of a request without its port; empty when it is odd in any way."""
    given = headers.getlist("host")
    if len(given) != 1 or re.search(r"[^A-Za-z0-9.:\[\]_-]", given[0]):
        return ""
    try:
        return urlsplit(f"//{given[0]}").hostname or ""
    except ValueError:
        return ""
