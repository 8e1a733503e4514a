"""The figures of a run: each is measured, held against its bar, and shown at the end."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One thing that a test measured."""

    row: str  #: Of the fault table in `docs/faults.md`; or what else the test is of.
    store: str  #: `embedded` or `servers`; empty: neither.
    what: str
    value: float
    unit: str
    at_most: float | None
    at_least: float | None

    @property
    def holds(self) -> bool:
        """Whether it is within its bar."""
        return (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )

    def __str__(self) -> str:
        """One line of a table."""
        bars = [f"at most {self.at_most:g}"] if self.at_most is not None else []
        bars += [f"at least {self.at_least:g}"] if self.at_least is not None else []
        told = f"{self.value:,.3g}" if self.value < 100 else f"{self.value:,.0f}"
        bar = f" ({', '.join(bars)})" if bars else ""
        return f"{self.row:>4} {self.store:<9} {self.what}: {told} {self.unit}{bar}".rstrip()


class Figures:
    """What one test measures."""

    def __init__(self, kept: list[Figure], *, row: str, store: str) -> None:
        self._kept = kept
        self._row = row
        self._store = store

    def measured(
        self,
        what: str,
        value: float,
        unit: str = "",
        *,
        at_most: float | None = None,
        at_least: float | None = None,
    ) -> None:
        """Keep a figure for the end, and hold it against its bar.

        Raises:
            AssertionError: it is not within the bar.
        """
        figure = Figure(
            row=self._row,
            store=self._store,
            what=what,
            value=value,
            unit=unit,
            at_most=at_most,
            at_least=at_least,
        )
        self._kept.append(figure)
        assert figure.holds, str(figure)
