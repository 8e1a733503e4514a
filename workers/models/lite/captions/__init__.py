"""Sentences about a photo, made of what was measured and found in it, and of nothing else.

`looking` measures, `claims` and `palette` decide what may be said, `people` tells of faces,
`feelings` of the mood, and `sentences` puts it all together.
"""

from workers.models.lite.captions.captioner import LiteCaptioner

__all__ = ["LiteCaptioner"]
