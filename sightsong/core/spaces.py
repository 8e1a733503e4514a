"""Which space each profile's music vectors live in, known without loading a model."""

from collections.abc import Mapping

from sightsong.core import affect_space
from sightsong.core.embeddings import Space

#: Profile to space.
SPACES: Mapping[str, Space] = {"lite": affect_space.SPACE}
