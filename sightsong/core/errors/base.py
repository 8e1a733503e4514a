"""The root of all errors."""

from typing import ClassVar


class SightsongError(Exception):
    """Something went wrong inside Sightsong."""

    #: Stable name of this error in the API, in job rows and in `docs/errors.md`.
    code: ClassVar[str] = "internal"
    #: Whether the same work may succeed when it is tried again.
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str = "") -> None:
        """Use `detail` as the message, or else the first line of the class's docstring."""
        super().__init__(detail or (type(self).__doc__ or "").partition("\n")[0])

    @property
    def detail(self) -> str:
        """The message, safe to show to a user: no paths of the server, no SQL, no stack."""
        return str(self)
