"""Sightsong listens to a photo: emotion, caption, and the tracks of your library that fit."""
