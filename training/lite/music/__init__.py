"""Music affect: rendered piano pieces that people rated, to the weights of the lite profile."""
