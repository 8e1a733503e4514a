"""`python -m indexer`: the one indexer process."""

from indexer.app import main

main()
