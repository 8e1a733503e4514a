"""Fitting networks: the loop, what feeds it, what it keeps on disk."""
