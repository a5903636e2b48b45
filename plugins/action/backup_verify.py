"""Choose the backup to restore from: the first sound one. Documentation: plugins/modules/backup_verify.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from datetime import UTC, datetime

from failback.action import FailbackAction, Outcome
from failback.backup import judge, proof
from failback.backup.model import Wishes, of_evidence
from failback.backup.sources import checked_sources
from failback.errors import ConfigError, FailbackError, RefusedError
from failback.gtid import GtidSet
from failback.restore import verify_memory
from failback.restore.source import open_source
from failback.restore.source_site import site_ssh
from failback.restore.verify import verify
from failback.restore.verify_facts import Expected
from failback.restore.verify_manifest import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.arguments import Arguments
    from failback.restore.model import Source


class ActionModule(FailbackAction):
    """Reads only, so a rehearsal does the same; what it remembers between runs is written in a real run alone."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "sources": {"type": "list", "elements": "dict", "required": True},
        "schemas": {"type": "list", "elements": "str", "default": []},
        "server_version": {"type": "str", "default": ""},
        "max_age": {"type": "float", "default": 0.0},
        "refuse_older": {"type": "bool", "default": False},
        "time_zone": {"type": "str", "default": "UTC"},
        "s3": {"type": "dict", "default": {}},
        "decrypt": {"type": "dict", "default": {}},
        "memory": {"type": "str", "default": ""},
        "aws": {"type": "dict", "default": {}},
        "cutover_gtid": {"type": "str", "default": ""},
        "proofs": {"type": "str", "default": ""},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Try the sources in order until one can be used. Raises RefusedError when none can."""
        sources = args.mappings("sources")
        if not checked_sources(sources):
            raise ConfigError("backup_sources is empty: name at least one backup, or choose another strategy")
        tried: list[dict[str, object]] = []
        for number, source in enumerate(sources):
            found = self._judge(source, args)
            tried.append(found)
            if not found["usable"]:
                continue
            tried += [
                {"name": later["name"], "url": later["url"], "used": False, "reason": f"{source['name']} is sound"}
                for later in sources[number + 1 :]
            ]
            found["used"] = True
            chosen = {
                "name": found["name"],
                "url": found["url"],
                "digest": found.get("sha256", ""),
                "format": found.get("format", ""),
                "taken_at": found.get("taken_at", ""),
                "gtid": found.get("gtid", ""),
            }
            return Outcome(changed=False, before=None, after=chosen, evidence={"chosen": chosen, "sources": tried})
        reasons = "; ".join(f"{one['name']} ({one['url']}): {one['reason']}" for one in tried)
        raise RefusedError(
            f"no backup can be used, so nothing was touched: {reasons}. Put a whole backup in place or name another in"
            " backup_sources; a standby can be copied instead (mysql_clone)",
            {"chosen": None, "sources": tried},
        )

    def _judge(self, wanted: Mapping[str, Any], args: Arguments) -> dict[str, object]:
        """Judge one source; whatever is wrong with it becomes its reason."""
        told: dict[str, object] = {
            "name": str(wanted["name"]),
            "url": str(wanted["url"]),
            "used": False,
            "sound": False,
            "usable": False,
        }
        try:
            source = self._open(str(wanted["url"]), args)
            told |= self._verify(source, wanted, args)
        except ConfigError:
            raise
        except FailbackError as error:
            return told | {"reason": str(error)}
        faults = self._faults(wanted, told, args)
        return told | {"usable": not faults, "reason": "; ".join(faults) or told["reason"]}

    def _faults(self, wanted: Mapping[str, Any], told: dict[str, object], args: Arguments) -> list[str]:
        """Say why a source that was read cannot be used, by the judgement of the phase prepare (backup_check)."""
        wishes = Wishes(
            now=datetime.now(UTC),
            time_zone=args.text("time_zone") or "UTC",
            refuse_older=args.number("max_age") if args.flag("refuse_older") else 0.0,
            cutover=GtidSet.parse(args.text("cutover_gtid")),
            aws_uuid=str(args.mapping("aws").get("server_uuid") or ""),
        )
        directory = args.text("proofs")
        known = proof.read_all(Path(directory).expanduser(), self.host)[0] if directory else []
        name = str(wanted["name"])
        faults = judge.unfit(of_evidence(name, str(wanted["url"]), told), wishes, proof.last(known, name))
        return [one.sentence for one in faults]

    def _verify(self, source: Source, wanted: Mapping[str, Any], args: Arguments) -> dict[str, object]:
        expected = Expected(
            schemas=tuple(args.texts("schemas")),
            server_version=args.text("server_version"),
            max_age=args.number("max_age"),
            time_zone=args.text("time_zone") or "UTC",
        )
        memory = Path(args.text("memory")) if args.text("memory") else None
        # With a manifest elsewhere, what was found once may be wrong now. The age is judged anew each time.
        listing = ""
        if memory is not None and not wanted.get("manifest"):
            listing = verify_memory.listing_digest(source, expected)
            if known := verify_memory.recall(memory, source, listing):
                return {**known, "reason": f"not read again: unchanged since {known['remembered_from']}"}
        manifest = None
        if where := str(wanted.get("manifest") or ""):
            manifest = load(self._open(where, args), where)
        verified = verify(source, expected, manifest)
        if memory is not None and not self.check_mode:
            verify_memory.remember(memory, source, listing, verified)
        return {**verified.as_evidence(), "reason": ""}

    def _open(self, url: str, args: Arguments) -> Source:
        ssh = site_ssh(self._task_vars.get("hostvars") or {})
        return open_source(url, s3=args.mapping("s3"), ssh=ssh, decrypt=args.mapping("decrypt") or None)
