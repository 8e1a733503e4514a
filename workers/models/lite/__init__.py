"""The lite profile: measured colour, light and sound; no weights, no torch."""
