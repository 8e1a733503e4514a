"""What is wrong with a data set, gathered so that one message tells all of it."""

from training.errors import DataRefused

#: As many are told by name; the rest are counted.
_TOLD = 20


class Problems:
    """Gathers what is wrong with one data set."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._found: list[str] = []

    def __len__(self) -> int:
        """How many were found."""
        return len(self._found)

    @property
    def found(self) -> tuple[str, ...]:
        """All of them, as they were found."""
        return tuple(self._found)

    def add(self, problem: str) -> None:
        """Note one: what is wrong, where, and what to do unless that is plain."""
        self._found.append(problem)

    def refusal(self) -> DataRefused:
        """Make the error that tells the first of them, and how many there are."""
        count = len(self._found)
        head = f"{self._what} cannot be used: {count} problem{'' if count == 1 else 's'}."
        lines = [head, *(f"  {problem}" for problem in self._found[:_TOLD])]
        if count > _TOLD:
            lines.append(f"  … and {count - _TOLD} more")
        return DataRefused("\n".join(lines))

    def settle(self) -> None:
        """Go on if nothing was found.

        Raises:
            DataRefused: something was; tells the first of it, and how much there is.
        """
        if self._found:
            raise self.refusal()
