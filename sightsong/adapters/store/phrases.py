"""The vectors of phrases in SQL."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from sightsong.adapters.store import rows
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import phrases
from sightsong.adapters.store.upserts import upsert
from sightsong.core.embeddings import Space


class SqlPhrases:
    """The `Phrases` port over SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, space: Space, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Store vectors by phrase; those that are there already are replaced."""
        kept = [
            {"space": space, "phrase": phrase, "vector": rows.packed(vectors[phrase], "<f4")}
            for phrase in sorted(vectors)  # so that two workers that start at once do not deadlock
        ]
        if not kept:
            return
        with self._database.write() as connection:
            new = upsert(connection, phrases)
            keys = [phrases.c.space, phrases.c.phrase]
            replaced = {"vector": new.excluded.vector}
            connection.execute(new.on_conflict_do_update(index_elements=keys, set_=replaced), kept)

    def read(self, space: Space) -> Mapping[str, NDArray[np.float32]]:
        """Read all phrases of a space."""
        query = select(phrases.c.phrase, phrases.c.vector).where(phrases.c.space == space)
        with self._database.read() as connection:
            return {
                row.phrase: rows.unpacked(row.vector, "<f4").astype(np.float32)
                for row in connection.execute(query)
            }
