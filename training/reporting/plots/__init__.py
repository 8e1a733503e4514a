"""Plots as SVG, in one quiet style: what was read is blue, what people told is orange."""
