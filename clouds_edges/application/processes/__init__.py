"""Processes: events in, commands out."""
