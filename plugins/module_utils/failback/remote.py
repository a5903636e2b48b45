"""Build a program that a host's own Python reads from standard input, and read what it reports.

Standard input instead of arguments: nothing needs quoting, nothing shows in the process list, and there is nothing to
install or to clean up on the host. The modules sent must run with Python 3.8 and its standard library alone.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Mapping

_MARK = "rollback-runner-report:"  # whatever the login shell prints before it is not ours
_HERE = Path(__file__).resolve().parent
_TIMED_OUT = 124  # timeout(1)'s own code
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
    return [interpreter if interpreter.startswith("/") else "python3", "-I", "-S", "-"]


def program(modules: tuple[str, ...], request: Mapping[str, Any]) -> str:
    """Return the program's text: the modules in this order, then ``serve(request)`` of the last one."""
    return _LOADER.format(sources=_sources(modules), entry=modules[-1], request=json.dumps(dict(request)), mark=_MARK)


def report(  # noqa: PLR0913, PLR0917 - what a command left, and the words for it
    rc: int,
    stdout: str,
    stderr: str,
    where: str,
    what: str = "reader on the host",
    next_step: str = "Look there, then run it again",
) -> dict[str, Any]:
    """Read the program's report.

    Raises:
        FailbackError: it did not get as far as reporting; the message carries what the host said instead.

    """
    lines = [line for line in stdout.splitlines() if line.startswith(_MARK)]
    if rc != 0 or not lines:
        said = (stderr.strip() or stdout.strip() or "nothing").splitlines()[-1]
        reason = "took too long" if rc == _TIMED_OUT else f"ended with {rc}"
        raise FailbackError(f"{where}: the {what} {reason} and said: {said}. {next_step}")
    found: dict[str, Any] = json.loads(lines[-1].removeprefix(_MARK))
    return found


@lru_cache(maxsize=8)
def _sources(names: tuple[str, ...]) -> str:
    parents = {".".join(name.split(".")[:depth]) for name in names for depth in range(1, name.count(".") + 1)}
    modules = [(name, "") for name in sorted(parents)]
    modules += [(n, (_HERE / (n.partition(".")[2].replace(".", "/") + ".py")).read_text("utf-8")) for n in names]
    return json.dumps(modules, ensure_ascii=True)
