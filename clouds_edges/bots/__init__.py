"""Strategies: a position and some chance in, a line out."""
