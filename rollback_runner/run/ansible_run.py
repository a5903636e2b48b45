"""Runs a playbook and turns what ansible-runner says into `TaskSeen`. The only place that knows ansible-runner.

What it takes care of, each measured with ansible-runner 2.4 and ansible-core 2.19:
- its `command` file holds the whole environment, so the environment is cut down first, and all that it writes goes to a
  scratch directory that is deleted afterwards;
- it turns host key checking off unless told otherwise;
- a cancelled or timed-out run leaves processes behind, which are ended by `processes`;
- an event handler that is slow slows the play down, so the handler only puts events on a queue.
"""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_runner.config.runner import RunnerConfig
from ansible_runner.runner import Runner
from failback import scrub

from rollback_runner import our_yaml
from rollback_runner.content import ROOT, environment
from rollback_runner.errors import UsageError
from rollback_runner.record.events import parse_event, parse_steps
from rollback_runner.record.seen import Step, TaskSeen, split_name
from rollback_runner.run import processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


_KEPT = re.compile(r"^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_.*|TZ|TMPDIR|SSH_AUTH_SOCK|VIRTUAL_ENV|AWX_.*)$")
# Where ssh keeps its shared connections and what opens the vault may be anybody's choice: they change no act. The
# others are ansible-runner's own, by which it hears what happens; a run within a run finds them there already.
_PASSED = frozenset(
    {
        "ANSIBLE_SSH_CONTROL_PATH_DIR",
        "ANSIBLE_VAULT_PASSWORD_FILE",
        "ANSIBLE_VAULT_IDENTITY_LIST",
        "ANSIBLE_CALLBACK_PLUGINS",
        "ANSIBLE_STDOUT_CALLBACK",
        "ANSIBLE_CACHE_PLUGIN",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION",
    }
)
_LIST_DEADLINE = 120  # seconds; listing takes about one where the machine has time for it
_TICK = 0.2  # seconds between two looks at the clock and at the cancel switch


@dataclass(frozen=True)
class Order:
    """What to run: a playbook on a site, for a run's directory, with this environment and at most this long."""

    playbook: Path
    inventory: Path
    directory: Path
    variables: Mapping[str, str]
    secret_files: tuple[str, ...]
    deadline: float
    check: bool = False
    extra: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Ended:
    """How it ended: `successful`, `failed`, `canceled` or `timeout`, and Ansible's last words if it failed."""

    status: str
    seconds: float
    last_words: str = ""


def list_steps(playbook: Path, inventory: Path) -> tuple[Step, ...]:
    """Ask Ansible which tasks the playbook has. Raises `UsageError` with its words when it does not parse."""
    return list_all([playbook], inventory)[0]


def list_all(playbooks: Sequence[Path], inventory: Path) -> list[tuple[Step, ...]]:
    """Ask for the tasks of several playbooks at once, as `list_steps` does: one start of Ansible is a second saved."""
    names = ", ".join(playbook.name for playbook in playbooks)
    argv = ["ansible-playbook", "-i", str(inventory), *map(str, playbooks), "--list-tasks"]
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=_LIST_DEADLINE, check=False, env=os.environ | environment()
    )
    if done.returncode != 0:
        said = next((line for line in done.stderr.splitlines() if line.strip()), "no reason given")
        raise UsageError(f"The playbook {names} cannot be run: {said}", next_step=" ".join(argv))
    parts = re.split(r"^playbook: .*$", done.stdout, flags=re.MULTILINE)[1:]
    optional = _rescue_names()
    return [tuple(parse_steps(part, optional)) for part in parts]


def run(
    order: Order, on_event: Callable[[TaskSeen], None], cancel: threading.Event, on_tick: Callable[[], None]
) -> Ended:
    """Run the playbook, hand over each event in order, and return when nothing of it is left running.

    `on_event` and `on_tick` (five times a second) are called in the caller's thread.
    """
    events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    given_up = threading.Event()
    scratch = Path(tempfile.mkdtemp(prefix=_scratch_prefix(order.directory)))
    runner = _runner(order, scratch, events, lambda: cancel.is_set() or given_up.is_set())
    start = time.monotonic()
    worker = threading.Thread(target=runner.run, name="ansible-runner", daemon=True)
    worker.start()
    secrets = scrub.load(order.secret_files)
    words: list[str] = []
    complete = False
    try:
        while worker.is_alive() or not events.empty():
            try:
                raw = events.get(timeout=_TICK)
            except queue.Empty:
                on_tick()
                continue
            clean = scrub.scrub(raw, secrets)
            record_event(order.directory / "events.jsonl", clean)
            if raw.get("event") in {"verbose", "error", "warning"}:
                words.append(str(clean.get("stdout", "")))
            for event in parse_event(clean):
                complete = complete or event.kind == "end"
                on_event(event)
    finally:
        given_up.set()  # matters only when on_event raised: the play must not go on unwatched
        worker.join()
        # A play that got to its end, well or not, has ended its own tasks; only ssh connections linger for the next.
        if not complete or runner.status == "canceled":
            processes.end(order.directory)
        shutil.rmtree(scratch, ignore_errors=True)
    return Ended(str(runner.status), round(time.monotonic() - start, 3), _last_words(words))


def sweep(directory: Path) -> int:
    """Clear away what a killed run left on this machine: processes (returns how many) and scratch files."""
    ended = processes.end(directory)
    for scratch in Path(tempfile.gettempdir()).glob(_scratch_prefix(directory) + "*"):
        shutil.rmtree(scratch, ignore_errors=True)
    return ended


def _scratch_prefix(directory: Path) -> str:
    # Not in the run's directory: the play must be able to tell its result when the disk there is full.
    return f"rollback-runner-{directory.name}-"


def record_event(path: Path, event: Mapping[str, Any]) -> None:
    """Keep the event, for people. What counts is in the journal, so a full disk does not end the play here."""
    with suppress(OSError), path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(event, ensure_ascii=False, default=str) + "\n")


def _runner(
    order: Order, scratch: Path, events: queue.SimpleQueue[dict[str, Any]], cancelled: Callable[[], bool]
) -> Any:
    cmdline = ["--check", "--diff"] if order.check else []
    if order.extra:
        cmdline += ["--extra-vars", json.dumps(dict(order.extra), ensure_ascii=False)]
    config = RunnerConfig(
        private_data_dir=str(scratch),
        project_dir=str(ROOT),
        playbook=str(order.playbook),
        inventory=str(order.inventory),
        ident=order.playbook.stem,
        envvars={**environment(), **order.variables},
        settings={"pexpect_timeout": _TICK, "job_timeout": int(order.deadline)},
        cmdline=" ".join(_quote(part) for part in cmdline) or None,
        quiet=True,
        suppress_output_file=True,
        suppress_env_files=True,
    )
    config.prepare()
    ours = {**environment(), **order.variables}
    config.env = {name: value for name, value in config.env.items() if _known(name, value, ours)}

    def take(event: dict[str, Any]) -> bool:
        events.put(event)
        return False  # keeps ansible-runner from writing one file per event

    return Runner(config, event_handler=take, cancel_callback=cancelled)


def _known(name: str, value: str, ours: Mapping[str, str]) -> bool:
    """Pass on what a play needs. What steers it comes from us or ansible-runner, never from somebody's shell.

    A variable left over there could send the play to other roles and plugins than those that were approved, or tell a
    guard that glass was broken.
    """
    if name.startswith(("RR_", "ANSIBLE_")):
        return name in ours or (name not in os.environ or os.environ[name] != value or name in _PASSED)
    return _KEPT.match(name) is not None


def _quote(part: str) -> str:
    # ansible-runner splits the text with shlex again.
    return "'" + part.replace("'", "'\"'\"'") + "'"


def _last_words(words: list[str]) -> str:
    """Find the error Ansible printed, for the case that it ended before the first task."""
    said = [line.strip() for text in words for line in text.splitlines() if re.match(r"\s*(\[?ERROR|fatal:)", line)]
    return said[-1] if said else ""


def _rescue_names() -> frozenset[str]:
    """Collect the names of tasks in rescue sections: on a good run nobody sees them."""
    names: set[str] = set()
    for path in [*ROOT.glob("roles/*/tasks/**/*.yml"), *ROOT.glob("playbooks/**/*.yml")]:
        names.update(_rescued(our_yaml.read(path), inside=False))
    return frozenset(names)


def _rescued(node: object, *, inside: bool) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _rescued(item, inside=inside)
    elif isinstance(node, dict):
        if inside and isinstance(node.get("name"), str):
            yield split_name(node["name"])[1]
        for key in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks"):
            yield from _rescued(node.get(key), inside=inside or key == "rescue")
