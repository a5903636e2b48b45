"""Record what a host is like before a migration. See plugins/modules/baseline_record.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback import http
from failback.action import Outcome
from failback.baseline import store
from failback.environment import mysql_settings
from failback.environment.host import READER_ARGUMENTS, HostAction, file_entries, now
from failback.journeys import latency, pace
from failback.mysql import Login, Server

if TYPE_CHECKING:
    from failback.arguments import Arguments


class ActionModule(HostAction):
    """Writes one file on the machine that runs the play; the host itself is only read."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **READER_ARGUMENTS,
        "baseline_directory": {"type": "str", "required": True},
        "of": {"type": "str", "choices": ["host", "database", "service"], "required": True},
        "files": {"type": "list", "elements": "raw", "default": []},
        "containers": {"type": "list", "elements": "dict", "default": []},
        "disks": {"type": "list", "elements": "str", "default": ["/"]},
        "sample": {"type": "float", "default": 1.0},
        "server": {"type": "dict", "default": {}},
        "settings": {"type": "list", "elements": "str", "default": []},
        "doors": {"type": "list", "elements": "dict", "default": []},
        "paths": {"type": "list", "elements": "str", "default": []},
        "rate": {"type": "float", "default": 20.0},
        "seconds": {"type": "float", "default": 5.0},
        "timeout": {"type": "float", "default": 5.0},
        "renew": {"type": "bool", "default": False},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Keep what was recorded, unless told to record anew; then the former file stays beside the new one."""
        directory = args.text("baseline_directory")
        path = store.path_of(directory, self.host)
        before = store.read(directory, self.host)
        if before is not None and not args.flag("renew"):
            evidence: dict[str, object] = {"file": str(path), "recorded_at": before["recorded_at"], "kept": True}
            shown = self._shown(before)
            told = "a baseline is there already: it is kept, unless you record anew"
            return Outcome(changed=False, before=shown, after=shown, evidence=evidence, msg=told)
        reader = {"host": self._of_host, "database": self._of_database, "service": self._of_service}[args.text("of")]
        content = {"recorded_at": now(), "run": self.run_id, **reader(args)}
        evidence = {"file": str(path), "recorded_at": content["recorded_at"], "unread": content.get("unread", [])}
        if self.check_mode:
            return Outcome(changed=True, before=self._shown(before), after=self._shown(content), evidence=evidence)
        with self.act("record the baseline", file=str(path)) as record:
            if before is not None:
                kept = path.with_name(f"{path.stem}.before-{content['recorded_at'].replace(':', '')}.json")
                kept.write_bytes(path.read_bytes())
                kept.chmod(0o600)
                evidence["former"] = str(kept)
            _, seal = store.write(directory, self.host, content)
            record["sha256"] = seal
        evidence["sha256"] = seal
        after = self._shown(store.read(directory, self.host))
        return Outcome(changed=True, before=self._shown(before), after=after, evidence=evidence)

    def _of_host(self, args: Arguments) -> dict[str, Any]:
        here = self.containers_here(args.mappings("containers"))
        report = self.read_host(
            args,
            *("network", "files", "containers", "resources"),
            files=file_entries(args.values("files")),
            containers=[one.container for one in here],
            disks=args.texts("disks"),
            sample=args.number("sample"),
        )
        return {key: value for key, value in report.items() if key != "now"}

    def _of_database(self, args: Arguments) -> dict[str, Any]:
        login = Login.from_dict(args.mapping("server"), "db_idc")
        with Server.connect(login, name="IDC") as server:
            return {"settings": mysql_settings.read(server, args.texts("settings"))}

    def _of_service(self, args: Arguments) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for door in (http.Door.from_dict(data) for data in args.mappings("doors")):
            samples = pace.ask(
                door,
                args.texts("paths") or ["/"],
                rate=args.number("rate"),
                seconds=args.number("seconds"),
                timeout=args.number("timeout"),
            )
            found[door.name] = latency.figures([one for part in samples.values() for one in part])
        return {"latency": found}

    @staticmethod
    def _shown(content: dict[str, Any] | None) -> object:
        """Reduce a baseline to what it holds: contents of files belong into the file, not into the record."""
        if content is None:
            return None
        return {"recorded_at": content["recorded_at"], "parts": sorted(set(content) - {"recorded_at", "run"})}
