"""The command in a place of its own, and homes with the keys of people."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[3]
GTID = "11111111-1111-4111-8111-111111111111:1-484"


@dataclass
class Command:
    """The command as it stands in `base` (a checkout, or site-packages), with its own RR_HOME and site."""

    base: Path
    home: Path
    site: str = "inventories/lab"

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RR_", "PYTHON", "ANSIBLE"))}
        return subprocess.run(
            [sys.executable, "-m", "rollback_runner", *arguments],
            env=kept | {"RR_HOME": str(self.home), "PYTHONPATH": str(self.base), "LANG": "C.UTF-8"},
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def plan(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self("plan", *arguments, "-i", self.site)

    def json(self, *arguments: str) -> Any:
        done = self.plan(*arguments, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def freeze(self, who: str = "kim", key: str = "kim") -> subprocess.CompletedProcess[str]:
        key_file = str(self.home / ".lab" / "people" / key)
        return self.plan("--lang", "en", "--freeze", "--as", who, "--key", key_file)

    @property
    def plan_file(self) -> Path:
        return self.home / "incidents" / "lab" / "current" / "plan.json"


def a_home(place: Path, people: Path) -> Path:
    (place / ".lab").mkdir(parents=True)
    shutil.copytree(people, place / ".lab" / "people")
    (place / ".lab" / "cutover.gtid").write_text(GTID + "\n", encoding="utf-8")
    return place
