"""Try the way to a MySQL server and judge its account. Documentation: plugins/modules/access_mysql.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from ansible.errors import AnsibleConnectionFailure
from failback import remote, ssh_words
from failback.access import mysql_judge, mysql_path, paths, ports_agent
from failback.access.model import WITH_RESTORE, Seen, Words, path_facts
from failback.access.model import Path as NetworkPath
from failback.access.site import Site
from failback.action import Arguments, FailbackAction, Outcome
from failback.errors import FailbackError
from failback.findings import Finding
from failback.mysql import Login, Server
from failback.mysql_errors import ER_ACCOUNT_LOCKED
from failback.stream import Stream

if TYPE_CHECKING:
    from failback.access.mysql_path import Reached
    from failback.findings import Severity

_AGENT = ("failback.access.ports_agent",)
_WHY = {
    "idc": Words("every look at IDC and the promotion", "IDC 확인과 승격"),
    "rds": Words("the fence and every look at RDS", "RDS 차단과 확인"),
    "replication": Words("the last transactions of RDS", "RDS의 마지막 트랜잭션 가져오기"),
    "application": Words("the application's own sessions", "애플리케이션 세션"),
}


class ActionModule(FailbackAction):
    """Only looks: nothing is written, and no privilege is used to find out whether it is there."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "look": {"type": "str", "choices": ["path", "permissions"], "required": True},
        "holder": {"type": "str", "choices": ["idc", "rds", "replication", "application"], "required": True},
        "name": {"type": "str", "required": True},
        "server": {"type": "dict", "required": True},
        "account": {"type": "dict", "default": {}},
        "peer": {"type": "dict", "default": {}},
        "schemas": {"type": "list", "elements": "str", "default": []},
        "marker": {"type": "dict", "default": {}},
        "items": {"type": "list", "elements": "str", "default": []},
        "tunnel": {"type": "bool", "default": False},
        "writes": {"type": "bool", "default": False},
        "accept_loss": {"type": "str", "default": ""},
        "idc": {"type": "bool", "default": False},
        "keep_sources": {"type": "list", "elements": "str", "default": []},
        "timeout": {"type": "float", "default": 5.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Look once. What is wrong is a finding; only bad input is an error."""
        server = Login.from_dict(args.mapping("server"), args.text("name"))
        login = server.with_account(args.mapping("account"), "the account") if args.mapping("account") else server
        try:
            reached = mysql_path.reach(login, self._open, self._raw, timeout=args.number("timeout"))
        except AnsibleConnectionFailure as error:
            return Outcome(changed=False, findings=[self._no_host(error)])
        if args.text("look") == "path":
            return self._path(args, login, reached)
        return self._permissions(args, login, reached)

    def _path(self, args: Arguments, login: Login, reached: Reached) -> Outcome:
        holder, name = args.text("holder"), args.text("name")
        path = NetworkPath(
            source=self._from,
            target=name,
            host=login.host,
            port=login.port,
            kind="mysql",
            items=tuple(args.texts("items")),
            why=_WHY[holder],
            severity=self._severity(args, reached),
        )
        found = paths.judge(path, reached.seen)
        facts = path_facts(path, reached.seen) | {"as": login.user, "tls_verified": bool(login.ca_file)}
        findings = [found] if found else []
        if found and args.flag("tunnel") and (by_here := self._tunnelled(login, args)):
            findings = [by_here]
            facts["way"] = "tunnel through this machine"
        if reached.uuid and login.server_uuid and reached.uuid != login.server_uuid:
            findings.append(
                Finding(
                    "blocker",
                    f"{path.key}:identity",
                    f"{path.source} reaches server {reached.uuid} at {login.host}:{login.port}, the inventory means"
                    f" {login.server_uuid} ({name})",
                    "correct the address in the inventory, or the route",
                )
            )
        is_open = not findings
        if reached.seen_as is not None:
            facts["seen_as"] = reached.seen_as.shown
            findings += paths.kept(path, reached.seen_as, args.texts("keep_sources"))
        self.keep(f"paths.{holder}", {"paths": [facts]})
        return Outcome(changed=False, after={"open": is_open}, evidence={"paths": [facts]}, findings=findings)

    def _permissions(self, args: Arguments, login: Login, reached: Reached) -> Outcome:
        holder, name = args.text("holder"), args.text("name")
        peer = Login.from_dict(args.mapping("peer"), "peer") if args.mapping("peer") else None
        findings: list[Finding] = []
        if reached.refusal is not None:
            behind = holder == "application" and reached.refusal.code == ER_ACCOUNT_LOCKED and peer is not None
            if not (behind and peer and mysql_judge.fenced(peer)):
                findings = [mysql_judge.refused(login, reached.refusal, name, self._from)]
                if args.flag("idc") and holder == "application" and self._restores:
                    findings = [mysql_judge.until_restored(findings[0])]
        elif reached.account is None:
            findings = [
                Finding(
                    self._severity(args, reached),
                    f"unknown:{holder}:{name}",
                    f"what {login.user} may do on {name} cannot be seen from {self._from}:"
                    f" {reached.forbidden or reached.seen.said or reached.seen.answer}",
                    "open the way first (TECH-03), then look again",
                )
            ]
        else:
            findings = self._judge(args, login, reached, peer)
        account = reached.account
        facts: dict[str, object] = {
            "account": f"{account.user}@{account.host}" if account else login.user,
            "server": name,
            "grants": list(account.lines) if account else [],
            "lacks": [one.key for one in findings],
        }
        # The application is looked at on both sides.
        self.keep(f"permissions.{holder}.{name.partition(' ')[0]}", facts)
        return Outcome(changed=False, after={"complete": not findings}, evidence=facts, findings=findings)

    def _judge(self, args: Arguments, login: Login, reached: Reached, peer: Login | None) -> list[Finding]:
        holder, name, schemas = args.text("holder"), args.text("name"), args.texts("schemas")
        account = reached.account
        assert account is not None
        way = Site.of_task(self._task_vars).way(self.host)
        if holder == "replication":
            return mysql_judge.privileges(account, holder, schemas, way, name)
        with self._open(login.host, login.port, timeout=args.number("timeout")) as stream:
            try:
                with Server.connect(login, name=name, sock=stream.sock) as server:
                    if holder == "application":
                        # On RDS it only has to be let in: the proof of the fence is that it is not any more.
                        if peer is None or not args.flag("writes"):
                            return []
                        return mysql_judge.application(peer, server, args.mapping("marker"), schemas, name)
                    account = mysql_judge.with_definers(account, server, peer, schemas)
            except FailbackError as error:
                return [Finding("blocker", f"unknown:{holder}:{name}", str(error), "look again")]
        return mysql_judge.privileges(account, holder, schemas, way, name)

    def _severity(self, args: Arguments, reached: Reached) -> Severity:
        """Spare what cannot be there: an RDS a person gave up, and an IDC MySQL that this way makes anew anyhow.

        Its host must answer, though: a path that swallows packets would still be shut when the server is back.
        """
        if args.flag("idc"):
            gone = reached.seen.answer == "refused" and self._restores
            return "warning" if gone else "blocker"
        return "warning" if args.text("accept_loss") else "blocker"

    def _tunnelled(self, login: Login, args: Arguments) -> Finding | None:
        """Where the host has no way of its own, the replication goes through this machine, if it has one."""

        def straight(host: str, port: int, *, timeout: float) -> Stream:
            return Stream.direct(host, port, timeout=timeout)

        by_here = mysql_path.reach(login, straight, _from_here, timeout=args.number("timeout"))
        if by_here.seen.answer != "open":
            return None
        return Finding(
            "warning",
            f"path:{self._from}:{args.text('name')}:tunnel",
            f"{self._from} does not reach {args.text('name')} at {login.host}:{login.port} itself; a tunnel through"
            " this machine will carry the replication, which must then stay up until the end",
            f"allow TCP {login.port} from {self._from} to {login.host}, and the tunnel is not needed",
        )

    def _open(self, host: str, port: int, *, timeout: float) -> Stream:
        # A connection of its own: over a shared one ssh does not say why the host said no.
        return self.stream(host, port, timeout=timeout, alone=True)

    def _raw(self, host: str, port: int) -> Seen:
        targets = [{"host": host, "port": port, "kind": "tcp"}]
        if str(self._connection.transport) == "local":
            return _from_here(host, port)
        interpreter = str(self._task_vars.get("ansible_python_interpreter") or "")
        text = remote.program(_AGENT, {"targets": targets, "timeout": 3.0})
        done = self.command(remote.argv(interpreter), stdin=text, timeout=20.0)
        return Seen.of(remote.report(done.rc, done.stdout, done.stderr, self.place)["answers"][0])

    @property
    def _restores(self) -> bool:
        return Site.of_task(self._task_vars).way(self.host) in WITH_RESTORE

    @property
    def _from(self) -> str:
        return paths.HERE if str(self._connection.transport) == "local" else self.place

    def _no_host(self, error: AnsibleConnectionFailure) -> Finding:
        return Finding("blocker", f"ssh:login:{self.place}", f"{self.place}: {ssh_words.sentence(str(error))}")


def _from_here(host: str, port: int) -> Seen:
    return Seen.of(ports_agent.local([{"host": host, "port": port, "kind": "tcp"}], 3.0)[0])
