"""What a check-up of the models says: one verdict for each thing that was looked at."""

from dataclasses import asdict, dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a check came out."""

    SOUND = "sound"  #: As it must be, whatever the weights.
    BROKEN = "broken"
    PLAUSIBLE = "plausible"  #: As trained weights answer, and random ones only by luck.
    IMPLAUSIBLE = "not plausible"

    @property
    def is_good(self) -> bool:
        """Whether nothing is amiss."""
        return self in {Outcome.SOUND, Outcome.PLAUSIBLE}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One check."""

    what: str
    outcome: Outcome
    detail: str  #: What was measured.

    def as_dict(self) -> dict[str, str]:
        """Write it for JSON."""
        return {**asdict(self), "outcome": self.outcome.value}
