# ruff: noqa: INP001 - Ansible loads it by its path
"""Keeps the record of a phase that ansible-playbook plays by itself, as AWX does.

It lies beside the playbooks because that is where AWX looks for callbacks. It does nothing under rollback-runner, which
keeps the record itself (RR_RUN_DIR is set), and nothing unless RR_RECORD=1 is set or this is a job of AWX. All that it
knows of Ansible stands here; what a record is stands in rollback_runner/job.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ansible import context
from ansible.plugins.callback import CallbackBase

if TYPE_CHECKING:
    from types import FrameType

DOCUMENTATION = """
name: rr_record
type: notification
short_description: Keep the record of a phase that plain ansible-playbook or AWX plays
description:
  - Takes the site's lock, keeps the journal and writes the report of the run, as the command rollback-runner does.
  - Does nothing under rollback-runner, and nothing unless RR_RECORD=1 is set in the environment or this is an AWX job.
  - Ends the play before its first task, with the exit code of rollback-runner, when no record can be kept or a gate
    says no.
options: {}
"""

_ROOT = Path(__file__).resolve().parents[2]
_OWN = ("record_handover", "record_verdict")
_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class CallbackModule(CallbackBase):
    """Hands what Ansible tells to a `Recording`; without one every method returns at once."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "rr_record"
    CALLBACK_NEEDS_ENABLED = False

    def __init__(self) -> None:
        super().__init__()
        self._recording: Any = None
        self._teller: Any = None
        self._pid = os.getpid()
        self._before: dict[int, Any] = {}
        # Under our own command there is nothing to do: not even to be called.
        self.disabled = bool(os.environ.get("RR_RUN_DIR"))

    def v2_playbook_on_start(self, playbook: Any) -> None:
        """Open the record, or end the play before its first task."""
        plays = playbook.get_plays()
        if not plays:
            return
        manager = plays[0].get_variable_manager()
        _reach_the_package()
        from rollback_runner.errors import RunnerError  # noqa: PLC0415
        from rollback_runner.job import asked, recording, told  # noqa: PLC0415 - not under our own command

        try:
            if not asked.wanted(Path(playbook._file_name).name, os.environ, manager.extra_vars):  # noqa: SLF001
                return
            play = recording.Play(
                playbook=Path(playbook._file_name),  # noqa: SLF001 - Ansible tells it in no other way
                inventories=[str(one) for one in context.CLIARGS.get("inventory") or ()],
                variables=manager.extra_vars,
                check=bool(context.CLIARGS.get("check")),
            )
            record = recording.Recording(play, self._say)
            variables = record.begin()
        except RunnerError as error:
            self._end_the_play(error.what, error.next_step, int(error.code))
        except Exception as error:  # noqa: BLE001 - Ansible would only warn, and act without a record
            self._end_the_play(f"No record can be kept ({type(error).__name__}: {error}); nothing was done.", "", 1)
        for name, value in variables.items():
            if not manager.extra_vars.get(name):  # an empty answer of a survey is no answer
                manager.extra_vars[name] = value
        self._recording, self._teller = record, told.Teller(play.playbook.stem)
        self._listen()

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Note it."""
        if self._recording is not None:
            self._take(self._teller.play(play.get_name().strip()))

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:  # noqa: ARG002, FBT001 - Ansible's own
        """Note it; before the last play's tasks, write what it came to."""
        if self._recording is None:
            return
        if task.action == _OWN[0]:
            self._recording.hand_over()
        self._take(self._teller.task(_task(task)))

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        """Note it."""
        self.v2_playbook_on_task_start(task, is_conditional=False)

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """Note it."""
        if self._recording is not None:
            self._take(self._teller.started(_task(task), host.get_name()))

    def v2_runner_retry(self, result: Any) -> None:
        """Note it."""
        if self._recording is not None:
            self._take(self._teller.retry(_task(result._task), result._host.get_name(), result._result))  # noqa: SLF001 - the names of core 2.17 to 2.20

    def v2_runner_on_ok(self, result: Any) -> None:
        """Note it."""
        self._ended("ok", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Note it."""
        self._ended("skipped", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Note it."""
        self._ended("unreachable", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - Ansible's own
        """Note it."""
        if self._recording is not None and result._task.action in _OWN:  # noqa: SLF001
            self._recording.own_failure()
        self._ended("failed", result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Close the record, write the report, give the lock back."""
        record, self._recording = self._recording, None
        if record is None:
            return
        record.take(self._teller.end())
        try:
            report = record.end(dict(stats.failures), dict(stats.dark))
        except Exception as error:  # noqa: BLE001 - Ansible would only warn, and the job would end green
            self._end_the_play(f"The record could not be closed ({type(error).__name__}: {error}).", "", 1)
        finally:
            self._stop_listening()
        if report.get("exit_code") and not (stats.failures or stats.dark):
            # The last play would have failed, but was left out: by a limit, by tags, by --start-at-task.
            self._end_the_play("This run is not proven, though no task failed.", "", int(report["exit_code"]))

    def _ended(self, kind: str, result: Any) -> None:
        if self._recording is not None:
            host, task = result._host.get_name(), _task(result._task)  # noqa: SLF001 - the names of core 2.17 to 2.20
            self._take(self._teller.result(kind, task, host, result._result))  # noqa: SLF001

    def _take(self, event: dict[str, Any]) -> None:
        self._recording.take(event)

    def _say(self, text: str) -> None:
        for line in text.splitlines():
            self._display.display(line)

    def _end_the_play(self, what: str, next_step: str, code: int) -> NoReturn:
        """Leave: Ansible turns an error of a callback into a warning, and would go on."""
        self._display.error(f"rollback-runner: {what}", wrap_text=False)
        if next_step:
            self._display.error(f"Next: {next_step}", wrap_text=False)
        raise SystemExit(code)

    def _listen(self) -> None:
        """Close the record also when the play is ended from outside: by a signal, or by an error of Ansible's own."""
        atexit.register(self._left)
        for number in _SIGNALS:
            self._before[number] = signal.signal(number, self._stop)

    def _stop_listening(self) -> None:
        atexit.unregister(self._left)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """Leave as on Ctrl-C: Ansible ends its workers then and unwinds, and so does a line that was being written."""
        if os.getpid() != self._pid:  # a worker that was just forked has the handler, but not the record
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        signal.signal(number, signal.SIG_IGN)
        interrupt = signal.getsignal(signal.SIGINT)
        if callable(interrupt):
            interrupt(signal.SIGINT, frame)
        raise KeyboardInterrupt

    def _left(self) -> None:
        record, self._recording = self._recording, None
        if record is not None and os.getpid() == self._pid:
            record.cut_off("the play was ended from outside")


def _task(task: Any) -> Any:
    from rollback_runner.job.told import Task  # noqa: PLC0415 - only where a record is kept

    role = task._role.get_name() if task._role else ""  # noqa: SLF001 - as ansible-runner's own callback reads it
    return Task(str(task._uuid), (task.name or task.action).strip(), task.action, role, task.get_path() or "")  # noqa: SLF001


def _reach_the_package() -> None:
    """Make the command's package importable: it lies at the project's root, or is installed beside Ansible."""
    for place in (_ROOT, _ROOT.parent.parent):
        if (place / "rollback_runner" / "job").is_dir() and str(place) not in sys.path:
            sys.path.insert(0, str(place))
