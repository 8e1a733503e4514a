"""What the service does though its OpenAPI document does not say so, each with the reason.

A document can say what a part of a request looks like, not what it means. Only such gaps are
excused; anything else that a case finds is a failure.
"""

import re
from dataclasses import dataclass

POSITIVE = "positive_data_acceptance"
NEGATIVE = "negative_data_rejection"
SCHEMA = "response_schema_conformance"
ALLOW = "allow_header_conformance"


@dataclass(frozen=True, kw_only=True)
class Excuse:
    """A kind of finding that is none."""

    check: str
    operation: str  #: Pattern of the labels that it holds for.
    answer: str  #: Pattern of what is found in the body of the answer.
    reason: str
    asked: str = ""  #: Pattern of what is found in the request, as curl sends it.

    def covers(self, *, check: str, operation: str, asked: str, answer: str) -> bool:
        """Whether a finding is of this kind."""
        return (
            check == self.check
            and re.search(self.operation, operation) is not None
            and re.search(self.asked, asked) is not None
            and re.search(self.answer, answer, re.DOTALL) is not None
        )


def _form(pattern: str, reason: str, *, operation: str = "") -> Excuse:
    """Excuse that a request of the right form is refused, by what the refusal says."""
    return Excuse(check=POSITIVE, operation=operation, answer=pattern, reason=reason)


EXCUSES = (
    _form(
        r"not a cursor that this service has given",
        "A cursor is any text to a document, but only those that we gave mean something.",
    ),
    _form(r'"code": ?"(job|batch)_erased"', "Which jobs are erased is no matter of form."),
    _form(
        r"the least must not be above the most|min must not be above max",
        "A document cannot compare two values.",
    ),
    _form(
        r"only folders are watched|what a watched folder finds|caption and keep_image_s go with an"
        r"|Name the user to erase",
        "Which wishes go together is said in words.",
    ),
    _form(
        r"must be 1 to 128 printable ASCII characters, best within quotes",
        "A key within quotes is two letters longer, and a document cannot tell which it is.",
    ),
    _form(r'"pointer": ?"/never_play/tracks/', "Which tracks there are is no matter of form."),
    _form(r'"code": ?"webhook_unknown"', "Which webhooks there are is no matter of form."),
    _form(
        r'"code": ?"idempotency_mismatch"', "What a key was used for before is no matter of form."
    ),
    _form(
        r"is not made of letters, digits|an empty text is no mood",
        "What a mood is made of is said in words.",
    ),
    _form(r"must not hold control characters", "Letters that nobody can read are of the form."),
    _form(r"must be a whole number", "47.0 is whole to a document; here whole numbers are."),
    _form(r"must be a JSON object; this cannot", "A text is of the form, whatever is in it."),
    _form(
        r'"code": ?"(path_not_allowed|url_not_allowed|unreadable)"',
        "What lies on the machine of the service is no matter of form.",
    ),
    _form(
        r'"code": ?"(unsupported_image|image_broken|too_many_pixels|batch_refused)"'
        r"|These bytes do not look like music",
        "Bytes that are neither a picture nor music are of the form of a body.",
    ),
    _form(
        r"The body is empty|must have one field|The field '\w+' is empty",
        "A body may be empty, and a form may have several fields, as far as a document can say.",
    ),
    Excuse(
        check=NEGATIVE,
        operation=r"^POST /v1/(jobs|ingests|batches)$",
        asked=r"multipart/form-data",
        answer=r'"state": ?"queued"|"code": ?"job_erased"',
        reason="A form has texts only: 0 and 1 are truths there, and an empty field says nothing.",
    ),
    Excuse(
        check=NEGATIVE,
        operation=r"^POST /v1/batches$",
        asked=r'"items": ?\[',
        answer=r'"refused": ?[1-9]|"code": ?"batch_erased"',
        reason="An item of a batch that is wrong is refused by itself; the batch is taken.",
    ),
    Excuse(
        check=ALLOW,
        operation=r"^POST /v1/indexes/prune$",
        answer=r"method_not_allowed",
        reason="`prune` is of the form of a version, which can be read.",
    ),
    Excuse(
        check=SCHEMA,
        operation=r"/events$",
        answer=r"^retry: 2000",
        reason="OpenAPI 3.1 has no words for single events; the whole stream is one text to it.",
    ),
)


def excuse(*, check: str, operation: str, asked: str, answer: str) -> Excuse | None:
    """Find what excuses a finding; None if nothing does."""
    said = {"check": check, "operation": operation, "asked": asked, "answer": answer}
    return next((one for one in EXCUSES if one.covers(**said)), None)
