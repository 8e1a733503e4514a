"""The trained parts of the lite profile, each made again by one command."""
