"""Everybody who has signed up: one stream, so that a name belongs to one player."""
