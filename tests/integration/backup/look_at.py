"""Has the backups of a site looked at: by the plugin as the role calls it, or where a test asks for it by a whole play.

A play takes more than a second; the plugin itself is given what the role's task says, without Ansible around it.
"""

from __future__ import annotations

import importlib.util
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import yaml
from failback.arguments import Arguments
from failback.errors import FailbackError
from run_tasks import ROOT, local_host, play

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "shop-db"
# IDC is out of reach in these tests unless one says otherwise: the port is nobody's.
NOWHERE = {"host": "127.0.0.1", "port": 1, "user": "nobody", "password_file": "/nowhere", "ca_file": ""}
ROLE = ROOT / "roles" / "backup"
_VARIABLE = re.compile(r"\{\{ (\w+)")


@dataclass(frozen=True)
class Looked:
    """What came of it; ``failed`` is the message of a look that ended in an error."""

    result: dict[str, Any]
    failed: str = ""
    stdout: str = ""

    @property
    def findings(self) -> list[dict[str, str]]:
        return list(self.result.get("findings") or [])

    def keys(self, *severities: str) -> set[str]:
        return {one["key"] for one in self.findings if not severities or one["severity"] in severities}

    def of(self, key: str) -> dict[str, str]:
        found = [one for one in self.findings if one["key"] == key]
        assert len(found) == 1, self.findings or self.failed
        return found[0]

    def source(self, name: str) -> dict[str, Any]:
        return next(one for one in self.result["evidence"]["sources"] if one["name"] == name)


def look_at(  # noqa: PLR0913 - a look has many sides; all but two have a default
    folder: Path,
    sources: list[dict[str, Any]],
    *,
    again: bool = False,
    rehearse: bool = False,
    played: bool = False,
    incident: Path | None = None,
    **variables: Any,
) -> Looked:
    """Look at the sources; variables of the site may be given. Nothing is asked for that no variable asks for."""
    known = {
        "site_name": "shop",
        "site_strategy": "restore-first",
        "site_budgets": {"full": 3600},
        "db_schemas": ["nasty"],
        "db_idc": NOWHERE,
        "db_aws": {"server_uuid": "22222222-2222-4222-8222-222222222222"},
        "db_cutover_gtid": "",
        "backup_sources": sources,
        "backup_server_version": "9.7.4",
        "backup_proofs": str(folder / "proofs"),
        "backup_proof_age": 0,
        "backup_rpo": 0,
        **variables,
    }
    entry = "review" if again else "check"
    with _incident(incident):
        if played:
            tasks = [{"ansible.builtin.import_role": {"name": "backup", "tasks_from": entry}}]
            done = play(folder / "play", tasks, {HOST: local_host(**known)}, check=rehearse)
            return Looked(done.of("the binary logs from it"), done.messages if done.rc else "", done.stdout)
        return _called(entry, known, rehearse=rehearse)


def _called(entry: str, known: dict[str, Any], *, rehearse: bool) -> Looked:
    """Call the plugin with what the role's task hands it."""
    (task,) = yaml.safe_load((ROLE / "tasks" / f"{entry}.yml").read_text(encoding="utf-8"))
    variables = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8")) | {
        "backup_s3": {},
        "backup_budget": 3600,
        "backup_time_zone": "UTC",
        "rr_strategy": known["site_strategy"],
        **known,
    }
    values = {
        name: variables[found[1]] if (found := _VARIABLE.search(str(text))) else text
        for name, text in task["backup_check"].items()
    }
    stub = SimpleNamespace(check_mode=rehearse, action="backup_check", get_name=lambda: task["name"], async_val=0)
    plugin = _module().ActionModule(stub, None, None, None, None, None)
    plugin._task_vars = {"inventory_hostname": HOST, "hostvars": {}}
    try:
        outcome = plugin.perform(Arguments(values))
    except FailbackError as error:
        return Looked({}, failed=str(error))
    result = {"changed": outcome.changed, "after": outcome.after, "evidence": outcome.evidence, "msg": outcome.msg}
    return Looked(result | plugin._found(outcome))


def _module() -> Any:
    spec = importlib.util.spec_from_file_location(
        "backup_check_plugin", ROOT / "plugins" / "action" / "backup_check.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def _incident(directory: Path | None) -> Iterator[None]:
    before = os.environ.get("RR_INCIDENT")
    if directory is not None:
        os.environ["RR_INCIDENT"] = str(directory)
    try:
        yield
    finally:
        os.environ.pop("RR_INCIDENT", None)
        if before is not None:
            os.environ["RR_INCIDENT"] = before
