"""Sound in files: what it is, what it sounds like, and a digest of it. Nothing is imported here."""
