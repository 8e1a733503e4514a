"""Which space each profile's music vectors live in, known without loading a model."""

from collections.abc import Mapping

from sightsong.core import affect_space
from sightsong.core.embeddings import Space
from sightsong.core.errors import ConfigurationError

#: Profile to space.
SPACES: Mapping[str, Space] = {"lite": affect_space.SPACE}


def space_of(profile: str) -> Space:
    """Find the space of a profile.

    Raises:
        ConfigurationError: this release does not have the profile.
    """
    try:
        return SPACES[profile]
    except KeyError as error:
        raise ConfigurationError(
            f"the {profile} profile is not in this release yet; use --profile lite"
        ) from error
