"""Door 3: library scan, snapshot build and publication; the only writer of the index."""
