"""The history of the tables, for Alembic. `sightsong.adapters.store.migrate` runs it."""
