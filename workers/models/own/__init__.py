"""Emotion classifiers of the user's own: folders as `training/` makes them, and what they mean."""
