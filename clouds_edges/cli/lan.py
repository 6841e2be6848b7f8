"""Whether servers on the network can be told of and heard: the extra `lan` is for that.

Nothing is imported that `--help` does not need.
"""

from __future__ import annotations

from typing import Final

INSTALL: Final = "pip install 'clouds-edges[lan]'"


def is_installed() -> bool:
    """Whether what the extra `lan` brings is there."""
    from importlib.util import find_spec

    return find_spec("zeroconf") is not None
