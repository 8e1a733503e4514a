"""The pure centre: standard library and numpy; no network, file, clock or framework."""
