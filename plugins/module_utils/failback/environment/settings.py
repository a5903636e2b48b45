"""Base of the plugins that compare settings with the baseline, show the difference and put back what they may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.baseline import compare
from failback.environment.host import HostAction
from failback.errors import RefusedError

if TYPE_CHECKING:
    from failback.arguments import Arguments

SETTINGS_ARGUMENTS: dict[str, dict[str, Any]] = {
    "baseline_directory": {"type": "str", "required": True},
    "expected": {"type": "list", "elements": "dict", "default": []},
    "put_back": {"type": "bool", "default": True},
}


class SettingsAction(HostAction):
    """Subclasses name their ``PART`` of the baseline and say what differs."""

    PART: ClassVar[str] = ""

    def differences(self, args: Arguments, then: dict[str, Any]) -> tuple[list[compare.Difference], list[str]]:
        """Return what differs now, and what could not be read."""
        raise NotImplementedError

    def after_put_back(self, args: Arguments, put: list[compare.Difference]) -> list[str]:
        """Do what the things that were put back need; say what was done."""
        del args, put
        return []

    def perform(self, args: Arguments) -> Outcome:
        """Compare, put back, compare again. Raises RefusedError with the exact commands for what it may not do."""
        then = self.baseline(args, self.PART)
        expected = [compare.Expected.from_dict(entry) for entry in args.mappings("expected")]
        found, unread = self.differences(args, then)
        wrong, meant = compare.split(self.host, found, expected)
        evidence: dict[str, object] = {"expected": meant, "unread": unread}
        evidence["differences"] = [one.as_evidence() for one in wrong]
        before = _diff(wrong)
        acts = [dict(one.act) for one in wrong if one.act]
        if self.check_mode or not wrong:
            able = bool(acts) and args.flag("put_back")
            return Outcome(able, before, before if not able else "as in the baseline", evidence)
        refused: list[dict[str, str]] = []
        done: list[str] = []
        if acts and args.flag("put_back"):
            with self.act(f"put {self.PART} settings back", things=[act["what"] for act in acts]) as record:
                report = self.write_host(args, acts)
                done, refused = report["done"], report["refused"]
                record |= {"done": done, "refused": [entry["what"] for entry in refused]}
            failed = {entry["what"] for entry in refused}
            put = [one for one in wrong if one.act and one.act["what"] not in failed]
            evidence |= {"done": done, "refused": refused, "reloaded": self.after_put_back(args, put)}
        left, _ = compare.split(self.host, self.differences(args, then)[0], expected)
        if left:
            raise RefusedError(self._told(left, refused), evidence | {"left": [one.as_evidence() for one in left]})
        return Outcome(bool(done), before, _diff(left), evidence)

    def _told(self, left: list[compare.Difference], refused: list[dict[str, str]]) -> str:
        """Say what differs still, and the command or the hint for each."""
        commands = {entry["what"]: entry for entry in refused}
        told = []
        for one in left:
            entry = commands.get(str(one.act.get("what", "")))
            if entry:
                told.append(f"{one.name} ({entry['said']}; on {self.host} run: {entry['command']})")
            else:
                told.append(f"{one.name} ({one.hint or 'see the difference in the evidence'})")
        return (
            f"{self.host} is not as before the migration: {'; '.join(told)}. Correct it and run again, or declare in"
            " environment_expected what is meant to differ, with the reason"
        )


def _diff(found: list[compare.Difference]) -> str:
    return "\n".join(line for one in found for line in (f"# {one.name}", *one.diff))
