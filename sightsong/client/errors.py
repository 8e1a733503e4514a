"""What can go wrong between a client and a service.

ClientError
├── ServiceUnreachable   nothing answers at the address
├── ProblemResponse      the service answered with a problem (RFC 9457)
├── UnexpectedResponse   something answered, but not a Sightsong service
├── AnswerCutShort       a long answer ended before its end
├── KeyExposed           the key was not sent: strangers could have read it
└── WaitedTooLong        the work goes on; only the waiting ended
"""

import math

import httpx


def asked_pause_s(headers: httpx.Headers) -> float | None:
    """Read how long the service asks us to stay away; None where it does not say."""
    try:
        asked = float(headers["Retry-After"])
    except (KeyError, ValueError):
        return None
    return max(asked, 0.0) if math.isfinite(asked) else None


class ClientError(Exception):
    """A call to the service did not give what was asked for."""

    def __init__(self, detail: str, *, code: str, status: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail  #: One sentence for a person.
        self.code = code  #: Stable name of the error.
        self.status = status  #: HTTP status; None when there was no answer.


class ServiceUnreachable(ClientError):
    """Nothing answers at the service's address."""

    def __init__(self, base_url: str) -> None:
        super().__init__(
            f"no service at {base_url}: start one with `sightsong up`",
            code="service_unreachable",
        )


class ProblemResponse(ClientError):
    """The service refused the request, or could not serve it."""

    def __init__(
        self, detail: str, *, code: str, status: int | None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(detail, code=code, status=status)
        self.retry_after_s = retry_after_s  #: When to ask again; None where it does not say.

    @property
    def is_refusal(self) -> bool:
        """Whether the request itself is at fault: sent again, it would be refused again."""
        status = self.status or 0
        return httpx.codes.is_client_error(status) and status != httpx.codes.TOO_MANY_REQUESTS

    def about(self, what: str) -> "ProblemResponse":
        """The same problem, with what it is about before its detail."""
        return ProblemResponse(
            f"{what}: {self.detail}",
            code=self.code,
            status=self.status,
            retry_after_s=self.retry_after_s,
        )

    @classmethod
    def from_response(cls, response: httpx.Response) -> "ProblemResponse":
        """Read the problem document of an answer; make do with its status if there is none."""
        try:
            problem = response.json()
        except ValueError:
            problem = {}
        if not isinstance(problem, dict):
            problem = {}
        detail = problem.get("detail") or problem.get("title") or response.reason_phrase
        code = problem.get("code") or f"http_{response.status_code}"
        return cls(
            str(detail),
            code=str(code),
            status=response.status_code,
            retry_after_s=asked_pause_s(response.headers),
        )


class UnexpectedResponse(ClientError):
    """Something answered at the address, but it does not speak as this service does."""

    def __init__(self, base_url: str, *, status: int) -> None:
        super().__init__(
            f"what answers at {base_url} is not a Sightsong service",
            code="unexpected_response",
            status=status,
        )


class AnswerCutShort(ClientError):
    """A long answer was lost on its way; what had come of it was good."""

    def __init__(self, base_url: str) -> None:
        super().__init__(
            f"the connection to {base_url} was lost in the middle of an answer: ask again",
            code="answer_cut_short",
        )


class KeyExposed(ClientError):
    """A key is not sent where strangers could read it."""

    def __init__(self, base_url: str) -> None:
        super().__init__(
            f"the key was not sent: on its way to {base_url} strangers could read it; use https",
            code="key_exposed",
        )


class WaitedTooLong(ClientError):
    """The work was not finished when the waiting had to end; it goes on in the service."""

    def __init__(self, work_id: str, *, timeout_s: float, what: str = "job") -> None:
        super().__init__(
            f"{what} {work_id} was not finished after {timeout_s:g} s; it goes on in the service",
            code="waited_too_long",
        )
