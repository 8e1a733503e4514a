"""Photo affect: the ratings of OASIS, to the weights of the lite profile."""
