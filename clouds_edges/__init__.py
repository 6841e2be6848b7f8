"""Dots and Boxes for the terminal, with an event-sourced server of its own."""
