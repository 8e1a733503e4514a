"""A small synthesiser, a studio and twelve pieces.

`signals` has oscillators, envelopes and filters; `voices` and `drums` are the instruments;
`effects` are rooms and pedals; `notation` reads short note texts; `studio` performs and masters
them; `bright`, `serene`, `sorrow` and `fierce` hold three pieces each, one module per quadrant of
valence and arousal; `tracks` writes the tagged files.
"""
