"""What differs between a host's baseline and the host now, and what would put it back. Pure.

A difference is text against text, shown as a unified diff. Differences that the rollback makes on purpose are declared
by the site (``Expected``): they are reported with their reason and not put back.
"""

from __future__ import annotations

import base64
import difflib
import fnmatch
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_LISTS = ("addresses", "routes", "listening", "nftables", "iptables")
_FILES = {"hosts": "/etc/hosts", "resolver": "/etc/resolv.conf"}
_LONGEST = 200  # lines of a diff that go on record


@dataclass(frozen=True)
class Expected:
    """A difference that is meant: of what, where, and why; ``lines`` limits it to differing lines like these."""

    path: str
    because: str
    hosts: str = "*"
    lines: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Expected:
        """Build from one entry of ``environment_expected``. Raises ConfigError."""
        unknown = sorted(set(data) - {"path", "because", "hosts", "lines"})
        path, because, lines = (str(data.get(key) or "").strip() for key in ("path", "because", "lines"))
        if unknown or not path or not because:
            raise ConfigError(f"environment_expected needs path and because, and knows hosts and lines: {dict(data)}")
        try:
            re.compile(lines)
        except re.error as error:
            raise ConfigError(f"environment_expected for {path}: lines is no pattern: {error}") from error
        return cls(path, because, str(data.get("hosts") or "*"), lines)

    def speaks_of(self, host: str, difference: Difference) -> bool:
        """Whether the declaration is about this thing on this host."""
        return fnmatch.fnmatchcase(host, self.hosts) and fnmatch.fnmatchcase(difference.name, self.path)

    def explains(self, host: str, difference: Difference) -> bool:
        """Whether this is the difference that was declared, all of it."""
        if not self.speaks_of(host, difference):
            return False
        return not self.lines or all(re.search(self.lines, line) for line in difference.changed_lines)


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was. ``act`` puts it back; {} when only a person can. See ``agent_write``."""

    name: str
    diff: tuple[str, ...]
    act: Mapping[str, Any] = field(default_factory=dict)
    hint: str = ""
    texts: tuple[str, str] | None = None  # of a file: the baseline's and the present one

    @property
    def changed_lines(self) -> list[str]:
        """The lines that differ, without their signs."""
        return [line[1:] for line in self.diff if line[:1] in "+-" and line[:3] not in {"+++", "---"}]

    def as_evidence(self) -> dict[str, object]:
        """Return what goes on record."""
        shown: dict[str, object] = {"name": self.name, "diff": "\n".join(self.diff[:_LONGEST])}
        return shown | ({"hint": self.hint} if self.hint else {})


def network(baseline: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """Compare what ``agent.network`` reads. What either side could not read is not compared."""
    found: list[Difference] = []
    for name in _LISTS:
        if name not in baseline or name not in now or baseline[name] == now[name]:
            continue
        diff = unified(name, baseline[name], now[name])
        if name == "routes":
            found += _routes(baseline[name], now[name])
        elif name in {"nftables", "iptables"}:
            found.append(Difference(name, diff, _rules(name, baseline[name])))
        else:
            hint = "start what listens there" if name == "listening" else "correct the interface's configuration"
            found.append(Difference(name, diff, hint=hint))
    for key, path in _FILES.items():
        found += _file(path, baseline.get(key), now.get(key))
    return found


def files(baseline: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]) -> list[Difference]:
    """Compare what ``agent.read_file`` reads, per path of the baseline."""
    return [one for path, then in sorted(baseline.items()) for one in _file(path, then, now.get(path))]


def split(
    host: str, found: Iterable[Difference], expected: Sequence[Expected]
) -> tuple[list[Difference], list[dict[str, object]]]:
    """Part what must be put back from what the site declared; the latter with its reason, for the record."""
    wrong: list[Difference] = []
    meant: list[dict[str, object]] = []
    for one in found:
        reason = next((entry.because for entry in expected if entry.explains(host, one)), "")
        if reason:
            meant.append({**one.as_evidence(), "because": reason})
        else:
            kept = [entry.lines for entry in expected if entry.lines and entry.speaks_of(host, one)]
            wrong.append(_but(one, kept) if kept and one.texts and "content" in one.act else one)
    return wrong, meant


def merge(then: str, now: str, kept: Sequence[str]) -> str | None:
    """Put a text back but for the lines that are meant to differ, which stay as they are now.

    None where such lines and others changed in one place, so that nobody can tell which belongs where.
    """
    before, after = then.splitlines(keepends=True), now.splitlines(keepends=True)
    merged: list[str] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            merged += before[a:b]
            continue
        meant = [any(re.search(pattern, line) for pattern in kept) for line in (*before[a:b], *after[c:d])]
        if any(meant) and not all(meant):
            return None
        merged += after[c:d] if all(meant) else before[a:b]
    return "".join(merged)


def _but(one: Difference, kept: Sequence[str]) -> Difference:
    """Put back only what is not meant to differ: the switch must never be undone by the way."""
    assert one.texts is not None
    text = merge(*one.texts, kept)
    if text is None:
        hint = "lines that are meant to differ and others changed in one place: correct the others by hand"
        return replace(one, act={}, hint=hint)
    return replace(one, act={**one.act, "content": base64.b64encode(text.encode()).decode()})


def unified(name: str, before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    """Return a unified diff, baseline first, one line an entry."""
    lines = difflib.unified_diff(list(before), list(after), f"baseline/{name}", f"now/{name}", lineterm="", n=2)
    return tuple(lines)


def _file(path: str, then: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> Iterator[Difference]:
    """Compare one file: whether it is there, its digest, mode, owner and group."""
    if not then or then.get("exists") is None or not now or now.get("exists") is None:
        return  # one of the two could not be read: told under `unread`
    if not then["exists"]:
        if now["exists"]:
            hint = f"it was not there before: sudo mv {path} {path}.after-rollback"
            yield Difference(path, (f"+++ now/{path}",), hint=hint)
        return
    diff: list[str] = []
    act: dict[str, Any] = {"kind": "file", "what": path, "path": path}
    missing = not now["exists"]
    if missing or ("sha256" in then and "sha256" in now and then["sha256"] != now["sha256"]):
        text = _text(then)
        if text is None:
            diff.append(f"-sha256 {then.get('sha256', 'unknown')}")
            diff.append("+it is not there" if missing else f"+sha256 {now['sha256']}")
        else:
            diff += unified(path, text.splitlines(), (_text(now) or "").splitlines()) if not missing else [f"-{path}"]
            diff = diff or ["-the end of the last line", "+another end of the last line"]
            act["content"] = base64.b64encode(text.encode()).decode()
        if then.get("binary"):
            act["content"] = then["binary"]
    if missing or then["mode"] != now["mode"]:
        diff += [] if missing else [f"-mode {then['mode']}", f"+mode {now['mode']}"]
        act["mode"] = then["mode"]
    owner, group = (now.get("owner"), now.get("group")) if not missing else ("", "")
    if missing or (then["owner"], then["group"]) != (owner, group):
        diff += [] if missing else [f"-owner {then['owner']}:{then['group']}", f"+owner {owner}:{group}"]
        act["owner"] = f"{then['owner']}:{then['group']}"
    if not diff:
        return
    able = bool({"content", "mode", "owner"} & act.keys()) and not (_needs_content(then, now) and "content" not in act)
    hint = "" if able else "its content is secret and was kept as a digest only: take it from where the secret is kept"
    texts = (_text(then), _text(now))
    both = (texts[0], texts[1]) if texts[0] is not None and texts[1] is not None else None
    yield Difference(path, tuple(diff), act if able else {}, hint, both)


def _needs_content(then: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    return not now["exists"] or then.get("sha256") != now.get("sha256", then.get("sha256"))


def _text(entry: Mapping[str, Any]) -> str | None:
    content = entry.get("content")
    return content if isinstance(content, str) else None


def _routes(then: Sequence[str], now: Sequence[str]) -> Iterator[Difference]:
    for route in then:
        if route not in now:
            argv = ["ip", "route", "replace", *route.split()]
            yield Difference("routes", (f"-{route}",), {"kind": "run", "what": f"route {route}", "argv": argv})
    # A destination that is there in another way was replaced by the line above; what is new altogether goes.
    kept = {_destination(route) for route in then}
    for route in now:
        if route not in then:
            argv = ["ip", "route", "del", *route.split()]
            act = {"kind": "run", "what": f"route {route}", "argv": argv} if _destination(route) not in kept else {}
            yield Difference("routes", (f"+{route}",), act, "" if act else "replaced by the route of the baseline")


def _destination(route: str) -> str:
    return route.split(" ", 1)[0]


def _rules(name: str, then: Sequence[str]) -> dict[str, Any]:
    """Return the act that loads the rules of the baseline; nft does it in one transaction."""
    argv = ["nft", "-f", "-"] if name == "nftables" else ["iptables-restore"]
    text = "\n".join([*(["flush ruleset"] if name == "nftables" else []), *then]) + "\n"
    return {"kind": "run", "what": f"{name} rules", "argv": argv, "stdin": base64.b64encode(text.encode()).decode()}
