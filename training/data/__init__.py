"""Data sets on disk to samples: readers for each form, a check, twins, and parts."""
