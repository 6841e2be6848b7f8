"""The trouble with what somebody typed."""

from __future__ import annotations


class Unreadable(ValueError):
    """It makes no sense; the message says what about it, and how to write it."""
