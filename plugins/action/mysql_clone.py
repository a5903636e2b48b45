"""Copy a standby into the empty IDC server through MySQL's CLONE plugin. See plugins/modules/mysql_clone.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import time
from typing import TYPE_CHECKING, Any, ClassVar

from failback import clone, clone_run, progress
from failback import container as containers
from failback.action import FailbackAction, Outcome
from failback.approval.mark import Destroys
from failback.errors import FailbackError, RefusedError, UnreachableError
from failback.gtid import GtidSet
from failback.mysql import Login, Server

if TYPE_CHECKING:
    from failback.arguments import Arguments
    from failback.clone import Inspection, Side

POLL = 0.3
FREED = 30.0  # seconds a donor gets to let go of the plugin
NOTED = 5.0  # seconds between two notes of progress


class ActionModule(FailbackAction):
    """Look at both, clone if the recipient is empty, start it again, take away what was lent, prove."""

    DESTROYS = Destroys("destroys")
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "name": {"type": "str", "required": True},
        "mysql": {"type": "dict", "required": True},
        "donor": {"type": "dict", "required": True},
        "cutover_gtid": {"type": "str", "default": ""},
        "aws": {"type": "dict"},
        "schemas": {"type": "list", "elements": "str", "default": []},
        "require_tls": {"type": "bool", "default": True},
        "timeout": {"type": "float", "default": 120.0},
        "clone_timeout": {"type": "float", "default": 3600.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Clone. Raises RefusedError where the donor does not fit or IDC holds data, FailbackError on breakage."""
        self._args, self._name = args, args.text("name")
        self._idc = Login.from_dict(args.mapping("mysql"), "db_idc")
        self._donor = Login.from_dict(args.mapping("donor"), "the standby")
        bounds = clone.Bounds(self._allowed(), GtidSet.parse(args.text("cutover_gtid")), tuple(args.texts("schemas")))
        started = self._have_it_run()
        if self._goes_on():
            return Outcome(changed=True, before={"status": "cloning"}, after={"would": "wait"})
        side, lent = self._recipient()
        found = clone.inspect(self._donor, recipient=side, admin=self._idc, bounds=bounds)
        evidence: dict[str, object] = {"donor": dict(found.facts)}
        evidence["findings"] = [f"{item.severity}: {item.text}" for item in found.findings]
        before: dict[str, object] = side.facts if side else {"status": "not running"}
        if side is not None and side.schemas and not lent.begun:
            return self._holds_data(side, found, before, evidence, started=started)
        if not found.usable and not (lent.begun and side is not None and side.schemas):
            why = "; ".join(f"{item.text}: {item.next_step}" for item in found.findings if item.severity == "fatal")
            raise RefusedError(f"{self._donor} cannot be cloned into {self._name} on {self.host}: {why}", evidence)
        if side is not None:
            self._room(found, evidence)
        if self.check_mode:
            return Outcome(changed=True, before=before, after={"would": "clone"}, evidence=evidence)
        begun = time.monotonic()
        evidence |= self._clone(lent)
        after = self._finish(evidence)
        evidence["seconds"] = round(time.monotonic() - begun, 1)
        return Outcome(changed=True, before=before, after=after, evidence=evidence)

    def _allowed(self) -> GtidSet | None:
        """Say what the donor may hold: what IDC had at the cut-over, and what RDS has where that is trusted."""
        text = self._args.text("cutover_gtid")
        if not text:
            return None
        allowed = GtidSet.parse(text)
        if self._args.given("aws"):
            with Server.connect(Login.from_dict(self._args.mapping("aws"), "db_aws"), name="RDS") as aws:
                allowed |= GtidSet.parse(aws.text("SELECT @@GLOBAL.gtid_executed"))
        return allowed

    def _have_it_run(self) -> bool:
        """Start the container: a clone ends with a server that is down, and so does a clone that was cut off."""
        if self._status() == "running":
            return False
        if self.check_mode:
            return True
        with self.act(f"start the container {self._name}"):
            done = self.command(["docker", "container", "start", self._name], timeout=60.0)
            if done.rc != 0:
                said = " ".join((done.stderr or done.stdout).split())[-300:]
                raise FailbackError(f"docker could not start {self._name} on {self.host}: {said}")
        self._await_answer()
        return True

    def _status(self) -> str:
        done = self.command(containers.inspect_argv(self._name), timeout=20.0)
        return containers.parse_inspect(self._name, done.rc, done.stdout, done.stderr).status

    def _await_answer(self) -> None:
        deadline = time.monotonic() + self._args.number("timeout")
        while True:
            try:
                Server.connect(self._idc, name="IDC", connect_timeout=2.0).close()
            except UnreachableError as error:
                if time.monotonic() > deadline:
                    logs = self.command(["docker", "logs", "--tail", "5", self._name], timeout=20.0)
                    raise FailbackError(
                        f"{self._name} on {self.host} does not answer: {error}. Rebuild it, then clone again",
                        {"log": (logs.stderr or logs.stdout)[-1500:]},
                    ) from error
                time.sleep(POLL)
            else:
                return

    def _recipient(self) -> tuple[Side | None, clone_run.Lent]:
        """Read the recipient; None in a rehearsal while it does not run."""
        if self.check_mode and self._status() != "running":
            return None, clone_run.Lent()
        with Server.connect(self._idc, name="IDC") as idc:
            uuid = idc.text("SELECT @@GLOBAL.server_uuid").lower()
            if self._idc.server_uuid and uuid != self._idc.server_uuid:
                raise RefusedError(f"db_idc is server {uuid}, {self._idc.server_uuid} is meant: correct db_idc")
            return clone.observe(idc), clone_run.lent(idc)

    def _holds_data(
        self,
        side: Side,
        found: Inspection,
        before: dict[str, object],
        evidence: dict[str, object],
        *,
        started: bool,
    ) -> Outcome:
        """``already`` when it is the donor's data that it holds; data of its own is never cloned over."""
        donor = GtidSet.parse(str(found.facts.get("gtid_executed", "")))
        same = bool(side.executed) and side.executed <= donor and side.schemas == found.facts.get("schemas")
        if not same:
            raise RefusedError(
                f"IDC holds data ({', '.join(side.schemas)}), and a clone would remove it: rebuild IDC first",
                evidence | {"before": before},
            )
        return Outcome(started, before, before, evidence, msg="IDC holds the standby's data already")

    def _goes_on(self) -> bool:
        """Wait for the clone of a run that was stopped: the server goes on by itself, and answers little meanwhile.

        True in a rehearsal, which does not wait.
        """
        if self.check_mode and self._status() != "running":
            return False
        with Server.connect(self._idc, name="IDC") as idc:
            if not clone_run.in_progress(idc):
                return False
        if self.check_mode:
            return True
        self._watch(None)
        self._await_end()
        self._have_it_run()
        return False

    def _room(self, found: Inspection, evidence: dict[str, object]) -> None:
        with Server.connect(self._idc, name="IDC") as idc:
            datadir = idc.text("SELECT @@GLOBAL.datadir")
        done = self.command(["docker", "exec", self._name, "df", "-Pk", datadir], timeout=20.0)
        fields = done.stdout.strip().splitlines()[-1].split() if done.rc == 0 and done.stdout.strip() else []
        free = int(fields[3]) * 1024 if len(fields) > 3 and fields[3].isdigit() else None  # noqa: PLR2004 - "Available"
        needed = int(str(found.facts.get("bytes", 0)))
        evidence |= {"free_bytes": free, "needed_bytes": needed}
        if free is not None and free < needed:
            raise RefusedError(
                f"there is no room for the standby's data on {self.host}: {free / 2**30:.1f} GiB free at {datadir},"
                f" {needed / 2**30:.1f} GiB needed",
                evidence,
            )

    def _clone(self, lent: clone_run.Lent) -> dict[str, object]:
        """Copy, or go on with a copy that an earlier run began; returns when the server has ended or is new."""
        with Server.connect(self._idc, name="IDC") as idc:
            if lent.begun and clone_run.status(idc).get("state") == "Completed":
                return {"resumed": "the copy was complete"}
            if held := clone.observe(idc).schemas:
                raise RefusedError(
                    f"IDC holds data ({', '.join(held)}), and a clone would remove it: rebuild IDC first"
                )
            with Server.connect(self._donor, name="standby") as donor, self.act("lend both servers the clone plugin"):
                clone_run.lend(idc, donor, lent, f"{self._donor.host}:{self._donor.port}")
        work = clone_run.Cloning(self._idc, self._donor, tls=self._args.flag("require_tls", default=True))
        with self.act("clone the standby into IDC", donor=str(self._donor)) as outcome:
            work.start()
            told = self._watch(work)
            outcome.update(told)
            if work.outcome:
                self._give_back()
                raise FailbackError(
                    f"cloning {self._donor} into {self._name} on {self.host} failed: {work.outcome}. IDC is empty and"
                    " closed; correct that and run this again, or take the next source",
                    told,
                )
        return told

    def _watch(self, work: clone_run.Cloning | None) -> dict[str, object]:
        """Note the progress until the copy has ended, ours or that of an earlier run."""
        limit, told = self._args.number("clone_timeout"), dict[str, object]()
        begun = noted = time.monotonic()
        teller = progress.Teller[clone_run.Snapshot]("clone", "bytes", file=progress.of_environment(self.host))
        while True:
            try:
                with Server.connect(self._idc, name="IDC") as idc:
                    while work is None or work.is_alive():
                        running = clone_run.in_progress(idc)
                        if work is None and not running:
                            return told
                        if running:
                            told = clone_run.progress(idc)
                            teller.report(clone_run.Snapshot.of(told, time.monotonic() - begun, limit))
                        if time.monotonic() - noted > NOTED:
                            self.note("progress", **told)
                            noted = time.monotonic()
                        if time.monotonic() - begun > limit:
                            if work is not None:
                                idc.execute(f"KILL QUERY {work.thread_id}")
                            raise FailbackError(f"the clone did not end within {limit:g} s", told)
                        time.sleep(POLL)
                    return told
            except UnreachableError:
                if work is None:
                    return told
                work.join(self._args.number("timeout"))
                return told

    def _finish(self, evidence: dict[str, object]) -> dict[str, object]:
        """Start the server over its new data, take away what was lent and what came along, prove the result."""
        self._await_end()
        self._have_it_run()
        self._await_answer()
        with Server.connect(self._idc, name="IDC") as idc, self.act("finish the clone") as outcome:
            status = clone_run.status(idc)
            evidence["clone_status"] = status
            if status and status.get("state") != "Completed":
                self._give_back()
                raise FailbackError(
                    f"the clone ended as {status.get('state')}: {status.get('error_message')}", evidence
                )
            outcome["channels_removed"] = clone_run.remove_channels(idc)
            evidence["stages_seconds"] = clone_run.progress(idc)["stages"] if status else {}
        evidence |= outcome
        self._give_back(patience=FREED)
        with Server.connect(self._idc, name="IDC") as idc:
            side = clone.observe(idc)
            scheduler = idc.text("SELECT @@GLOBAL.event_scheduler").upper()
        after = side.facts | {"event_scheduler": scheduler}
        if wrong := clone_run.not_proven(side, self._idc.server_uuid, status, scheduler):
            raise FailbackError(f"{self._name} was cloned, but {'; '.join(wrong)}", evidence | {"after": after})
        return after

    def _await_end(self) -> None:
        """Wait until the old server has ended, or the new one is up."""
        deadline = time.monotonic() + self._args.number("timeout")
        while self._status() == "running" and time.monotonic() < deadline and not self._answers_anew():
            time.sleep(POLL)

    def _answers_anew(self) -> bool:
        """Whether the clone is over and the server up: it failed, or a supervised server restarted by itself."""
        try:
            with Server.connect(self._idc, name="IDC") as idc:
                return clone_run.status(idc).get("state") in {"Completed", "Failed"}
        except FailbackError:
            return False

    def _give_back(self, *, patience: float = 0.0) -> None:
        """Take the plugin away where it was lent; a donor that cannot give it back yet is noted while IDC is empty.

        ``patience``: seconds to try. A donor keeps a place for a recipient that was cut off, for minutes.
        """
        with Server.connect(self._idc, name="IDC") as idc:
            lent = clone_run.lent(idc)
            busy = lent.to_donor and not self._free_donor(patience)
            if lent.begun:
                with self.act("take back what IDC was lent for the clone"):
                    clone_run.restore(idc, lent, keep_note=busy and not patience)

    def _free_donor(self, patience: float) -> bool:
        deadline = time.monotonic() + patience
        while True:
            try:
                with Server.connect(self._donor, name="standby") as donor, self.act("take back the donor's plugin"):
                    clone_run.take_back(donor)
            except FailbackError as error:
                if time.monotonic() > deadline:
                    self.note("left_behind", what="plugin clone", where=str(self._donor), why=str(error))
                    return False
                time.sleep(1.0)
            else:
                return True
