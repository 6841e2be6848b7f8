"""Chance that comes again: everything in a simulation draws from its own."""

from random import Random


def chance_of(what: str) -> Random:
    """The chance of something that is known by its name; the same in every process."""
    return Random(what)  # noqa: S311 - nothing is to be kept secret


def split(chance: Random) -> Random:
    """A chance of somebody's own: how often they draw is of no concern to others."""
    return Random(chance.getrandbits(64))  # noqa: S311 - as above
