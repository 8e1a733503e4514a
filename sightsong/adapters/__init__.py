"""The outside world: database, broker, files, FAISS, logs, settings."""
