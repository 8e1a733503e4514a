"""Door 2: the GPU (or CPU) workers: photos and tracks."""
