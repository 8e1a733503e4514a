"""Clocks that stand still until a test moves them."""


class Clock:
    """Seconds that only a test lets pass; stands for a process's clock or the database's."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
