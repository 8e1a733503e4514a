"""Four photos that no camera took.

`canvas` has noise, gradients and the darkroom; `water` is a sea seen by rays; `sunset`, `storm`,
`neon` and `meadow` compose one picture each; `photos` writes the files.
"""
