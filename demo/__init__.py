"""Sightsong's own demo library and photos, synthesised and drawn by the code in this package.

`music` writes twelve short tracks, `pictures` draws four photos; `python -m demo` makes them all.
Nothing is sampled, downloaded or borrowed, so the files carry the licence of this project.
"""
