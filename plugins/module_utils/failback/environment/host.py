"""Base of the action plugins that read a host, compare it with its baseline and put it back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleConnectionFailure

from failback import remote, ssh_words
from failback.action import FailbackAction
from failback.baseline import store
from failback.environment import order
from failback.errors import ConfigError, FailbackError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.arguments import Arguments

_READER = ("failback.baseline.agent",)
_WRITER = ("failback.baseline.agent_write",)
_MARKER = ("failback.environment.mark_agent",)
_POOL = ("failback.haproxy.runtime", "failback.haproxy.agent", "failback.environment.pool_agent")
_SECONDS = 60.0

READER_ARGUMENTS: dict[str, dict[str, Any]] = {
    "privilege": {"type": "list", "elements": "str", "default": []},
    "ignore_interfaces": {"type": "list", "elements": "str", "default": ["docker0", "br-*", "veth*"]},
}


class NoBaselineError(Exception):
    """Nothing was recorded before the migration: neither a failure nor a success."""


class HostAction(FailbackAction):
    """Reads and writes on the host by small programs over the connection that Ansible has."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Skip, with the reason, where there is no baseline to compare with; otherwise as any plugin."""
        try:
            return super().run(tmp, task_vars)
        except NoBaselineError as absent:
            self.note("no_baseline", reason=str(absent))
            self._display.warning(str(absent))
            return {"changed": False, "skipped": True, "skip_reason": str(absent), "msg": str(absent)}

    def read_host(self, args: Arguments, *parts: str, **request: Any) -> dict[str, Any]:
        """Read parts of the host. Raises UnreachableError or FailbackError."""
        body = {
            "parts": parts,
            "privilege": args.texts("privilege"),
            "ignore_interfaces": args.texts("ignore_interfaces"),
            **request,
        }
        return self._ask(_READER, body)

    def write_host(self, args: Arguments, acts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Carry acts out on the host; the report says which were done and which were refused."""
        return self._ask(_WRITER, {"acts": list(acts), "privilege": args.texts("privilege")})

    def mark(self, container: str, mark: Mapping[str, str] | None = None) -> dict[str, str]:
        """Read, or with ``mark`` set, what the host remembers of a container's restart."""
        report = self._ask(_MARKER, {"container": container, "mark": dict(mark) if mark else None})
        return dict(report["mark"])

    def ask_pool(self, **request: Any) -> dict[str, Any]:
        """Ask this load balancer node to take servers out or give them back. Returns its report."""
        return self._ask(_POOL, request)

    def baseline(self, args: Arguments, part: str) -> Any:
        """Return a part of this host's baseline. Raises NoBaselineError where it was never recorded."""
        found = store.read(args.text("baseline_directory"), self.host)
        if found is None or part not in found:
            raise NoBaselineError(
                f"{self.host} has no recorded baseline ({part}) in {args.text('baseline_directory')}, so there is"
                " nothing to compare with. Record one before a migration: rollback-runner baseline"
            )
        return found[part]

    def containers_here(self, entries: Sequence[Mapping[str, Any]]) -> list[order.Service]:
        """Return the services with a container on this host, in their order."""
        groups = self._task_vars.get("group_names") or []
        address = str(self._task_vars.get("ansible_host") or self.host)
        return [one.on(self.host, address) for one in order.services(entries) if one.group in groups]

    def _ask(self, modules: tuple[str, ...], request: Mapping[str, Any]) -> dict[str, Any]:
        interpreter = str(self._task_vars.get("ansible_python_interpreter") or "")
        limit = _SECONDS + float(request.get("timeout") or 0)
        try:
            done = self.command(remote.argv(interpreter), stdin=remote.program(modules, request), timeout=limit)
        except AnsibleConnectionFailure as error:
            raise UnreachableError(f"{self.host} cannot be reached: {ssh_words.sentence(str(error))}") from error
        return remote.report(done.rc, done.stdout, done.stderr, self.host)


def now() -> str:
    """Return the time as it goes on record: UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def seconds_since(recorded_at: str) -> float:
    """Seconds from a recorded time until now. Raises FailbackError."""
    try:
        return (datetime.now(UTC) - datetime.fromisoformat(recorded_at)).total_seconds()
    except (ValueError, TypeError) as error:
        raise FailbackError(f"the baseline says it was recorded at {recorded_at!r}, which is no time") from error


def file_entries(values: Sequence[object]) -> list[dict[str, Any]]:
    """Read ``baseline_files``: a path, or {path, secret, validate, reload}. Raises ConfigError."""
    found = []
    for value in values:
        entry = {"path": value} if isinstance(value, str) else dict(value) if isinstance(value, dict) else {}
        path = str(entry.get("path") or "")
        unknown = sorted(set(entry) - {"path", "secret", "validate", "reload"})
        if not path.startswith("/") or unknown:
            raise ConfigError(
                f"baseline_files: {value!r} must have a whole path, and may have secret, validate, reload"
            )
        commands = {key: [str(word) for word in entry.get(key) or []] for key in ("validate", "reload")}
        found.append({"path": path, "secret": bool(entry.get("secret")), **commands})
    return found
