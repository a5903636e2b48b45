"""A runbook as a person has it: printed as Markdown, read step by step, and typed into a bash of its own.

MySQL's client, `nsupdate` and `dig` are those of the lab's images: wrappers with their names are put on the path. The
only line of the paper that is not kept is the way over SSH: `on HOST COMMAND` runs the command here.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab import images
from rollback_runner.runbook import book, render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import scratch_mysql

ORIGIN = book.Origin("0" * 64, "2026-01-01T00:00:00.000Z", "kim", "0", "inventories/test")
_BLOCK = re.compile(r"```bash\n(.*?)```", re.DOTALL)
_MARK = "== the terminal is ready =="
_STEP = re.compile(r"^### (?:\d+\. )?(.+)$", re.MULTILINE)
# The password file comes through an open file of this bash, which a container cannot see: its content goes along.
_MYSQL = """#!/bin/bash
options=$(cat "${{1#--defaults-extra-file=}}"); shift
exec docker exec -i -e OPTIONS="$options" {container} bash -c \\
  'exec mysql --defaults-extra-file=<(printf "%s\\n" "$OPTIONS") "$@"' mysql "$@"
"""
_TOOL = """#!/bin/bash
exec docker run --rm -i --network host -v {place}:{place}:ro {image} {tool} "$@"
"""


@dataclass
class Paper:
    """One printed runbook. ``steps`` maps a step's title to its blocks to paste: `Do`, `It is done when`, `Undo`."""

    text: str
    work: Path
    path: list[str] = field(default_factory=list)

    @property
    def terminal(self) -> str:
        """What is pasted first."""
        return _BLOCK.findall(self.text)[0]

    def blocks(self, title: str, part: str = "Do") -> list[str]:
        """The blocks of one part of a step."""
        places = list(_STEP.finditer(self.text))
        here = next(one for one in places if one[1] == title)
        after = next((one.start() for one in places if one.start() > here.start()), len(self.text))
        body = self.text[here.end() : after]
        parts = re.split(r"^\*\*(Do|It is done when|Undo)\*\*", body, flags=re.MULTILINE)
        found = dict(zip(parts[1::2], parts[2::2], strict=True))
        return _BLOCK.findall(found[part])

    def type(self, *blocks: str, ok: bool = True) -> str:
        """Paste the terminal and then these blocks into a new bash; return all that the blocks print.

        With ``ok`` the first command that fails is a failure of the test.
        """
        self.work.mkdir(exist_ok=True)
        here = 'on() { bash -c "$2" < /dev/null; }'
        begin = f"echo {_MARK}; {'set -e -o pipefail' if ok else ''}"
        script = "\n".join(["exec 2>&1", self.terminal, here, begin, *blocks])
        environment = {
            "HOME": str(self.work),
            "PATH": ":".join([*dict.fromkeys(self.path), "/usr/sbin:/usr/bin:/sbin:/bin"]),
        }
        done = subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True, check=False, env=environment, timeout=120
        )
        assert done.returncode == 0 or not ok, f"{script}\n{done.stdout}"
        return done.stdout.partition(f"{_MARK}\n")[2]


def printed(groups: Mapping[str, Sequence[str]], variables: Mapping[str, Mapping[str, Any]], work: Path) -> Paper:
    """Print the runbook of a site that is made of these variables."""
    content = {"site": "test", "strategy": "switch-first", "legs": [], "groups": groups, "variables": variables}
    places = {"RR_HOME": str(work), "SITE": str(work), "PROJECT": str(work)}
    made = book.make(content, {"site_title": {"en": "Test", "ko": "시험"}}, ORIGIN, places)
    return Paper(render.markdown(made, "en"), work)


def with_mysql(paper: Paper, server: scratch_mysql.TestServer) -> Paper:
    """Give it MySQL's client, in the container of a server, which gets the secrets at the same place."""
    subprocess.run(
        ["docker", "exec", server.container, "mkdir", "-p", str(server.secrets.parent)], check=True, timeout=30
    )
    target = f"{server.container}:{server.secrets.parent}"
    subprocess.run(["docker", "cp", "-q", str(server.secrets), target], check=True, timeout=30)
    wrapper(paper, "mysql", _MYSQL.format(container=server.container))
    return paper


def with_dns(paper: Paper, place: Path) -> Paper:
    """Give it `nsupdate` and `dig`, which see the files of ``place``."""
    for tool in ("nsupdate", "dig"):
        wrapper(paper, tool, _TOOL.format(place=place, image=images.HOST.tag, tool=tool))
    return paper


def wrapper(paper: Paper, name: str, text: str) -> None:
    """Put a program of this name on the path."""
    directory = paper.work / "bin"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_text(text, encoding="utf-8")
    (directory / name).chmod(0o755)
    paper.path.append(str(directory))
