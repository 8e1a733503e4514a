"""What can be wrong with what a trainer is given; each message says what to do.

They are no errors of the service: nobody meets them over HTTP or in a job.
"""


class TrainingError(Exception):
    """Training or evaluation cannot go on; the message is for the person who started it."""


class DataRefused(TrainingError):
    """A data set is not what its form asks for."""


class PlanRefused(TrainingError):
    """A plan asks for what there is not, or what does not go together."""


class RunRefused(TrainingError):
    """A run or a checkpoint on disk cannot be used."""
