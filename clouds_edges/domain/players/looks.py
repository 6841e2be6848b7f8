"""The avatars and colours a player may get: each avatar is one emoji, two cells wide."""

from __future__ import annotations

from typing import Final

AVATARS: Final = tuple(
    "🐀🐁🐂🐃🐄🐅🐆🐇🐈🐉🐊🐋🐌🐍🐎🐏🐐🐑🐒🐓🐔🐕🐖🐗🐘🐙🐚🐛🐜🐝🐞🐟"
    "🐠🐡🐢🐣🐤🐥🐦🐧🐨🐩🐪🐫🐬🐭🐮🐯🐰🐱🐲🐳🐴🐵🐶🐷🐸🐹🐺🐻🐼🐽"
)

COLOURS: Final = (
    "#e06c75",
    "#e5946c",
    "#d9a441",
    "#c3b94c",
    "#8fbf5a",
    "#56b97f",
    "#3fb8a8",
    "#4fb3d9",
    "#6a9df0",
    "#8b8bf0",
    "#ad7fe0",
    "#cf76c4",
)


def avatar(seed: int) -> str:
    """An avatar by chance."""
    return AVATARS[seed % len(AVATARS)]


def colour(seed: int) -> str:
    """A colour by chance, independent of the avatar that the same seed gives."""
    return COLOURS[seed // len(AVATARS) % len(COLOURS)]
