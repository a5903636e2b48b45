"""A command installed in a place of its own, with pretended content: the layout of the wheel, no machine touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[3]
FIXTURES = PROJECT / "tests" / "fixtures" / "command"
SECRETS = {
    "idc": "pw-of-idc-4711",
    "aws": "pw-of-aws-4712",
    "app": "pw-of-app-4713",
    "repl": "pw-of-repl-4714",
    "tsig": 'key "rr-idc" { algorithm hmac-sha256; secret "c2VjcmV0LW9mLXRzaWctNDcxNQ=="; };',
    "aws-credentials": "[rollback-runner]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = aws-secret-4716\n",
}
VALUES = ("pw-of-idc-4711", "pw-of-aws-4712", "pw-of-app-4713", "pw-of-repl-4714", "c2VjcmV0LW9m", "aws-secret-4716")


@dataclass
class Command:
    """The installed command with its own RR_HOME."""

    base: Path
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RR_", "PYTHON", "ANSIBLE"))}
        return kept | {"RR_HOME": str(self.home), "PYTHONPATH": str(self.base), "LANG": "C.UTF-8", "PLANTED": VALUES[0]}

    def argv(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "rollback_runner", *arguments]

    def __call__(self, *arguments: str, timeout: float = 400) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(*arguments),
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def phase(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self("phase", "emergency", "-i", str(self.site), "--yes", "--lang", "en", *arguments)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.argv("phase", "emergency", "-i", str(self.site), "--yes", "--lang", "en", *arguments),
            env=self.environment,
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    @property
    def site(self) -> Path:
        return self.base / "rollback_runner" / "_content" / "inventories" / "pretend"

    def scenario(self, **orders: str) -> None:
        (self.home / "scenario.json").write_text(json.dumps(orders), encoding="utf-8")

    def world(self) -> dict[str, str]:
        path = self.home / "world.json"
        found: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return found

    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.home / "runs" / "latest" / "report.json").read_text(encoding="utf-8"))
        return found

    def statuses(self) -> dict[str, str]:
        return {item["id"]: item["status"] for item in self.report()["items"]}
