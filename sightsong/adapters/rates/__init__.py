"""How often somebody may come: token buckets, in this process or in Redis for all processes.

A bucket holds a number of tokens; each request takes one, and they come back at a steady pace.
Redis (`rates.shared`) only makes the count common to all processes: while it is away, each counts
for itself.
"""

from sightsong.adapters.rates.buckets import Bucket, Draw, LocalRates, Rates

__all__ = ["Bucket", "Draw", "LocalRates", "Rates"]
