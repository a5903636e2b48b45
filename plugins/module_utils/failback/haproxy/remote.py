"""Build the program that the node's Python reads from standard input, and read what it reports.

Standard input instead of arguments: nothing needs quoting, nothing shows in the process list, and there is nothing to
install or to clean up on the node.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MARK = "rollback-runner-report:"  # whatever the login shell prints before it is not ours
_HERE = Path(__file__).resolve().parent
_RUNTIME = "failback.haproxy.runtime"
_AGENT = "failback.haproxy.agent"
_FILES = "failback.haproxy.files"
_LOADER = """\
import json, sys, types
def load(name, source):
    module = types.ModuleType(name)
    module.__path__ = []
    sys.modules[name] = module
    exec(compile(source, name, "exec"), module.__dict__)
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)
for name, source in json.loads({sources!r}):
    load(name, source)
report = sys.modules[{entry!r}].serve(json.loads({request!r}))
print({mark!r} + json.dumps(report))
"""


def argv(interpreter: str) -> list[str]:
    """Name the command that runs the program: isolated and without site packages, which halves its start."""
    return [interpreter, "-I", "-S", "-"]


def program(request: Mapping[str, Any], *, with_files: bool = False) -> str:
    """Return the text of the program; ``with_files`` adds what edits and reloads the configuration file."""
    names = (_RUNTIME, _AGENT, _FILES) if with_files else (_RUNTIME, _AGENT)
    return _LOADER.format(
        sources=_sources(names), entry=names[-1], request=json.dumps(dict(request), ensure_ascii=True), mark=_MARK
    )


def report(rc: int, stdout: str, stderr: str, where: str) -> dict[str, Any]:
    """Read the program's report.

    Raises:
        FailbackError: it did not get as far as reporting; the message carries what the node said instead.

    """
    lines = [line for line in stdout.splitlines() if line.startswith(_MARK)]
    if rc != 0 or not lines:
        said = (stderr.strip() or stdout.strip() or "nothing").splitlines()[-1]
        reason = "took too long" if rc == 124 else f"ended with {rc}"  # noqa: PLR2004 - timeout(1)'s own code
        raise FailbackError(
            f"{where}: the command on the node {reason} and said: {said}. Its state is unknown: run the phase again"
        )
    found: dict[str, Any] = json.loads(lines[-1].removeprefix(_MARK))
    return found


@lru_cache(maxsize=4)
def _sources(names: Sequence[str]) -> str:
    modules = [("failback", ""), ("failback.haproxy", "")]
    modules += [(name, (_HERE / f"{name.rpartition('.')[2]}.py").read_text(encoding="utf-8")) for name in names]
    return json.dumps(modules, ensure_ascii=True)
