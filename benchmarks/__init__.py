"""Measurements: scripts that print figures, each with its command in `docs/performance.md`."""
