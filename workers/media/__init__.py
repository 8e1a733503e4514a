"""Bytes to pixels; files to waveforms."""
