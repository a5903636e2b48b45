"""Asking clocks: a host's through one small program that answers a line with a time, a MySQL server's by a query."""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING

from failback.errors import UnreachableError
from failback.fitness.clock import Answer, Clock, estimate
from failback.mysql import Server
from failback.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from failback.mysql import Login

SECONDS = 10.0  # for all questions to one clock
_PROGRAM = "import sys,time\nfor _ in iter(sys.stdin.readline,''):print(repr(time.time()),flush=True)"
_MYSQL = "SELECT UNIX_TIMESTAMP(UTC_TIMESTAMP(6))"


def command(interpreter: str) -> str:
    """Name the program as a shell on the host takes it. It ends with the connection."""
    python = interpreter if interpreter.startswith("/") else "python3"
    return shlex.join(["exec", python, "-I", "-S", "-c", _PROGRAM]).replace("'exec'", "exec", 1)


def of_host(name: str, argv: Sequence[str], samples: int) -> Clock:
    """Ask over one connection: only the first question pays for the login. Raises UnreachableError."""
    with Stream.through(argv, name) as stream:
        stream.sock.settimeout(SECONDS)
        reader = stream.sock.makefile("r", encoding="utf-8", errors="replace")

        def ask() -> float:
            stream.sock.sendall(b"\n")
            line = reader.readline()
            try:
                return float(line)
            except ValueError:
                said = stream.complaint() or line.strip() or "nothing"
                raise UnreachableError(f"{name} does not tell its time: {said}") from None

        try:
            return estimate(name, _ask(ask, samples))
        except OSError as error:
            raise UnreachableError(f"{name} does not tell its time: {stream.complaint() or error}") from error


def of_mysql(name: str, login: Login, samples: int) -> Clock:
    """Ask a server over one connection. Raises UnreachableError, LoginRefusedError, MySQLError or ConfigError."""
    with Server.connect(login, name=name) as server:
        return estimate(name, _ask(lambda: float(server.text(_MYSQL)), samples))


def of_report(name: str, begun: float, ended: float, said: float) -> Clock:
    """Use the time a program reported somewhere between two of ours, where nothing better can be had."""
    return estimate(name, [Answer(begun, ended - begun, said)])


def _ask(question: Callable[[], float], samples: int) -> list[Answer]:
    question()  # the first one waits for the other side to be up
    answers = []
    for _ in range(max(1, samples)):
        asked, begun = time.time(), time.perf_counter()
        said = question()
        answers.append(Answer(asked, time.perf_counter() - begun, said))
    return answers
