"""The index on disk: its layout, and the side that reads it."""
