"""How often a key may come, and what its answers say of that.

`RateLimit` and `RateLimit-Policy` are as in draft-ietf-httpapi-ratelimit-headers-10, a work in
progress: quota and window of the policy; what is left of it, and when all of it is there again.
"""

import math
from collections.abc import Mapping

from sightsong.adapters.rates import Bucket, Draw

#: What may come at once is the pace of so many seconds, in which pages load and batches begin …
_BURST_S = 10
#: … and never less than this many requests.
_LEAST_BURST = 10
_POLICY = '"key"'


def bucket(requests_per_min: int) -> Bucket:
    """What a key may have that may make so many requests in a minute."""
    per_s = requests_per_min / 60
    return Bucket(capacity=max(_LEAST_BURST, math.ceil(per_s * _BURST_S)), per_s=per_s)


def headers(of: Bucket, draw: Draw) -> Mapping[str, str]:
    """What an answer says of the limit, and of what is left."""
    window_s, full_s = math.ceil(of.window_s), math.ceil(draw.full_s(of))
    return {
        "RateLimit-Policy": f"{_POLICY};q={of.capacity};w={window_s}",
        "RateLimit": f"{_POLICY};r={math.floor(draw.left)};t={full_s}",
    }
