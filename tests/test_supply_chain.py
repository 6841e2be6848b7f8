"""What the project is built from: bounds with reasons, exact versions with hashes, and an audit."""

import json
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.supply_chain import PINNED, ROOT, pins, verdict

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
RUNTIME = [
    *PROJECT["dependencies"],
    *(one for extra in EXTRAS if extra != "dev" for one in EXTRAS[extra]),
]
ALL = [one for one in (*RUNTIME, *EXTRAS["dev"]) if Requirement(one).name != PROJECT["name"]]


@pytest.mark.parametrize("dependency", RUNTIME)
def test_what_is_needed_to_run_has_bounds_and_a_reason(dependency: str) -> None:
    operators = {one.operator for one in Requirement(dependency).specifier}
    assert operators == {">=", "<"}
    written = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(rf'^  "{re.escape(dependency)}",? +# \w+', written, re.MULTILINE), (
        "say behind it what it is for"
    )


@pytest.mark.parametrize("dependency", ALL)
def test_what_is_asked_for_is_pinned_to_a_version_that_it_allows(dependency: str) -> None:
    wanted = Requirement(dependency)
    version = {canonicalize_name(name): one for name, one in pins().items()}[
        canonicalize_name(wanted.name)
    ]
    assert wanted.specifier.contains(version)


def test_every_pin_has_a_hash_and_says_of_no_place() -> None:
    text = PINNED.read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert len(blocks) == len(pins()) > 20
    for block in blocks:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", text)


def report(*dependencies: object) -> str:
    return json.dumps({"dependencies": dependencies})


CLEAN = {"name": "a", "version": "1", "vulns": []}
KNOWN = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1"}, {"id": "PYSEC-2"}]}
SKIPPED = {"name": "c", "skip_reason": "not found"}


def test_a_clean_audit_of_everything_is_good() -> None:
    assert verdict(report(CLEAN, {**CLEAN, "name": "b"}), 2).is_good


def test_something_known_is_not_good_and_named() -> None:
    came = verdict(report(CLEAN, KNOWN), 2)
    assert not came.is_good
    assert came.sentence == "known against b 2: PYSEC-1, PYSEC-2"


@pytest.mark.parametrize("text", [report(), report(CLEAN), report(CLEAN, SKIPPED)])
def test_an_audit_of_less_than_everything_is_not_good(text: str) -> None:
    came = verdict(text, 2)
    assert not came.is_good
    assert "of 2 packages were looked up" in came.sentence


def test_an_audit_of_nothing_is_not_good_even_if_nothing_was_wanted() -> None:
    assert not verdict(report(), 0).is_good


@pytest.mark.parametrize("text", ["", "{", "[]", '{"dependencies"', "No known vulnerabilities"])
def test_an_audit_without_a_report_is_not_good(text: str) -> None:
    assert not verdict(text, 2).is_good
