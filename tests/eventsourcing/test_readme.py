"""The README of the kernel is a program that does what it says."""

import re
from importlib.resources import files

import pytest


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    readme = files("clouds_edges.eventsourcing").joinpath("README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)

    exec("\n".join(blocks), {"__name__": "light_switch"})  # noqa: S102 - it is our own

    assert capsys.readouterr().out.splitlines() == [
        "the light is so already",
        "light/hall@1 turned_on by ann",
        "light/hall@2 turned_off by saver",
        "Verified(end=2, events=2, streams=1, damages=())",
    ]
