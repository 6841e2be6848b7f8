"""The README of the kernel is a program that does what it says."""

import re
import runpy
from importlib.resources import files
from pathlib import Path

import pytest


def test_the_example_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    readme = files("clouds_edges.eventsourcing").joinpath("README.md").read_text(encoding="utf-8")
    program = tmp_path / "light_switch.py"
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    program.write_text("\n".join(blocks), encoding="utf-8")

    runpy.run_path(str(program), run_name="light_switch")

    assert capsys.readouterr().out.splitlines() == [
        "the light is so already",
        "light/hall@1 turned_on by ann",
        "light/hall@2 turned_off by saver",
        "[('ann', 1), ('saver', 1)]",
        "Verified(end=2, events=2, streams=1, damages=())",
    ]
