"""Dots and Boxes for the terminal, with an event-sourced server of its own."""

__version__ = "0.1.0"
