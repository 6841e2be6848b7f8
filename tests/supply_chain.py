"""Ask whether something is known against the exact versions that are tested.

`python -m tests.supply_chain`; run by `.ci/run`. It fails when something is known, and when nothing
was looked up. Where no source of advisories can be reached it says so, and that nothing was.
"""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.request import urlopen

ROOT: Final = Path(__file__).parent.parent
PINNED: Final = ROOT / ".ci" / "constraints.txt"
SOURCE: Final = "https://api.osv.dev/v1/vulns/PYSEC-2019-217"
"""An advisory that was published long ago: a source that does not have it knows nothing."""
_PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
_PATIENCE: Final = 5.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of an audit: whether it is good enough, and what to say of it."""

    is_good: bool
    sentence: str


def pins() -> dict[str, str]:
    """The exact version of each package that is tested."""
    return dict(_PIN.findall(PINNED.read_text(encoding="utf-8")))


def verdict(report: str, wanted: int) -> Verdict:
    """What a report of pip-audit, in JSON, says of as many packages as are wanted."""
    try:
        found = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Verdict(is_good=False, sentence="the audit gave no report")
    audited = [one for one in found if "skip_reason" not in one]
    if len(audited) < wanted or not audited:
        sentence = f"only {len(audited)} of {wanted} packages were looked up"
        return Verdict(is_good=False, sentence=sentence)
    known = [
        f"{one['name']} {one['version']}: {', '.join(vuln['id'] for vuln in one['vulns'])}"
        for one in audited
        if one["vulns"]
    ]
    if known:
        return Verdict(is_good=False, sentence="known against " + "; ".join(known))
    return Verdict(is_good=True, sentence=f"nothing is known against {len(audited)} packages")


def trouble_with_source() -> str:
    """Why there are no advisories to be had from here, or nothing."""
    try:
        with urlopen(SOURCE, timeout=_PATIENCE) as answer:
            known = json.load(answer)["affected"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"{SOURCE} gives no advisories ({error})"
    return "" if known else f"{SOURCE} does not say what is affected"


def audit() -> Verdict:
    """Look every pinned package up."""
    trouble = trouble_with_source()
    if trouble:
        return Verdict(is_good=True, sentence=f"skipped, nothing was looked up: {trouble}")
    command = [sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv"]
    command += ["--requirement", str(PINNED), "--disable-pip"]
    ended = subprocess.run(  # noqa: S603 - our own arguments
        [*command, "--format", "json", "--progress-spinner", "off"],
        capture_output=True,
        text=True,
        check=False,
    )
    return verdict(ended.stdout, len(pins()))


if __name__ == "__main__":
    came = audit()
    sys.stdout.write(f"audit: {came.sentence}\n")
    sys.exit(0 if came.is_good else 1)
