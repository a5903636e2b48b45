"""Writes docs/permissions.md from the catalogue: ``python -m failback.access.page > docs/permissions.md``. Pure."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from failback.access import catalogue, iam, mysql_look, mysql_needs
from failback.access.aws_needs import SIMULATE
from failback.access.cleanup_needs import CLEANUP
from failback.access.model import AwsPermission, MysqlPermission
from failback.access.site import Site

if TYPE_CHECKING:
    from collections.abc import Iterable

    from failback.access.model import Permission

_VERSION = "8.4.0"
_HEAD = """# What each account may do, at least

Made from the catalogue that the probes use (`failback/access/*_needs.py`); a test compares it with this page, and runs
the acts of a fail-back through accounts that have what stands here and nothing more. `rollback-runner phase prepare`
looks for each of them (TECH-04) without using it, and names the grant for what is missing.

Replace `tool`, `repl`, `shop` and the names of AWS resources by your own. `SET_ANY_DEFINER` is `SET_USER_ID` before
MySQL 8.2. Secrets are files of mode 0600, named in the inventory and read at the moment of use. They never stand in a
command line, in an extra variable, in Ansible's artifacts or in the record. Every value of at least five characters in
such a file is also searched for, and masked, before a line is written to the record.
"""
_AWS = """The policy for a site with a security group, a network ACL and a zone in Route 53. Leave out what the site has
not: without `aws_network_acls` no ACL, without a `route53` record no zone. No act needs `iam:SimulatePrincipalPolicy`:
with it all the others are answered without being tried; without it, what RDS and Route 53 would allow stays unknown
until it is used. The rollback itself does without what only follows and lists (from `cloudwatch` on): TECH-04 warns.
"""
_CLEANUP = """Used by `rollback-runner cleanup apply` alone, days after ([cleaning up](afterwards.md#cleaning-up)).
Give it a key of its own: then no run can delete anything. It needs what the runs need to look (above, all that begins
with `Describe` or `List`), and what stands here. Put the ids that `cleanup plan` names in place of each `*`, or add a
condition on `aws_own_tags`, such as `"Condition": {"StringEquals": {"aws:ResourceTag/service": "shop"}}`. TECH-04 does
not ask for it. What the key may not do is named when it is tried, and the rest goes on.
"""
_RELEASE = """\
What [the rollback of a release](deployments.md) asks of the account in `deployment_database`, on MySQL. To
look alone, `SELECT` on the application's schema is enough, and `PROCESS` to see whether a migration runs. A reversal
runs its DDL in that schema:

```sql
GRANT PROCESS, REPLICATION CLIENT, SYSTEM_VARIABLES_ADMIN ON *.* TO 'rr_releases'@'%';
GRANT ALL PRIVILEGES ON `shop`.* TO 'rr_releases'@'%';
```

A restore (`--database restore`) keeps its book, and what it moves aside, in schemas of its own. Without this the plan
says so, and the way is not open:

```sql
GRANT ALL PRIVILEGES ON `rollback\\_runner\\_%`.* TO 'rr_releases'@'%';
```
"""


def markdown() -> str:
    """Give the whole page."""
    return (
        "\n".join([_HEAD, *_mysql(), *_hosts(), *_aws(), *_cleanup(), *_dns(), *_rest(), *_release()]).rstrip() + "\n"
    )


def _mysql() -> Iterable[str]:
    yield "## MySQL: the tool on RDS (`db_aws.user`)\n"
    yield "The RDS master user has all of it. `SUPER` and `CONNECTION_ADMIN`, which RDS gives nobody, are not used.\n"
    yield _sql("tool", mysql_needs.RDS)
    yield _table(mysql_needs.RDS)
    yield "## MySQL: the tool on IDC (`db_idc.user`)\n"
    yield _sql("tool", mysql_needs.IDC)
    yield _table(mysql_needs.IDC)
    yield "A site that may have to restore (`restore-first`, `stop-first`) gives it this as well:\n"
    yield _sql("tool", mysql_needs.IDC_RESTORE)
    yield _table(mysql_needs.IDC_RESTORE)
    yield "Accounts are put back (DATA-06) with privileges the tool has itself: give it those of the service too.\n"
    yield "## MySQL: replication (`db_replication.user`, on RDS)\n"
    yield "Its password has **at most 32 characters**: MySQL cuts a longer one without a word.\n"
    yield _sql("repl", mysql_needs.REPLICATION)
    yield "## MySQL: the application (`db_app_login`, on both sides)\n"
    yield (
        "What it has anyway, with one password on both sides. On IDC also `INSERT` and `SELECT` on the table of"
        " `idc_mysql_marker`,\nor without one `UPDATE` on the smallest table: every proof is made with this account, a"
        " refused login on RDS and\nan accepted write on IDC.\n"
    )


def _sql(user: str, needs: Iterable[MysqlPermission]) -> str:
    lines = mysql_look.least(f"'{user}'@'%'", needs, ["shop"], _VERSION, foreign=True)
    return "```sql\n" + "".join(f"{_wrapped(line)};\n" for line in lines) + "```\n"


def _wrapped(line: str) -> str:
    head, _, tail = line.partition(" ON ")
    words, rows = head.split(", "), [""]
    for word in words:
        if len(rows[-1]) + len(word) > 100:  # noqa: PLR2004 - as wide as the page
            rows.append("  ")
        rows[-1] += f"{word}, "
    return "\n".join(rows).rstrip(", ").replace(", \n", ",\n") + f" ON {tail}"


def _table(needs: Iterable[MysqlPermission]) -> str:
    rows = ["| privilege | on | used for | by |", "| --- | --- | --- | --- |"]
    for need in needs:
        names = " or ".join(f"`{name}`" for name in need.names)
        where = "`*.*`" if need.scope == "*.*" else "each schema"
        when = ", where an event belongs to another account" if need.when else ""
        rows.append(f"| {names} | {where} | {need.what.en}{when} | {', '.join(need.items)} |")
    return "\n".join(rows) + "\n"


def _plain(needs: Iterable[Permission]) -> str:
    rows = ["| may | given by | probed by | for |", "| --- | --- | --- | --- |"]
    for need in needs:
        probe = catalogue.PROBES[need.probe].en.replace("|", "\\|")
        grant = need.grant.replace("{{", "{").replace("}}", "}").replace("|", "\\|")
        rows.append(f"| {need.what.en} | `{grant}` | {probe} | {', '.join(need.items)} |")
    return "\n".join(rows) + "\n"


def _hosts() -> Iterable[str]:
    yield "## SSH user (`ansible_user`) on the hosts\n"
    yield "Hosts of `aws_app_hosts` need the login and the forwarding alone. The tool itself never uses `sudo`.\n"
    yield _plain(catalogue.of_holder("ssh"))


def _aws() -> Iterable[str]:
    yield "## AWS (`aws_profile`)\n"
    yield _AWS
    account, region = "123456789012", "ap-northeast-2"
    database = {
        "aws_region": region,
        "aws_parameter_group": "shop-prod-mysql",
        "aws_network_fence": "security_group",
        "aws_security_groups": ["sg-0123456789abcdef0"],
        "aws_network_acls": ["acl-0123456789abcdef0"],
    }
    service = {"dns_records": [{"provider": "route53"}], "dns_servers": {"route53": {"zone_id": "Z0123456789ABC"}}}
    database["aws_db_instance"] = "shop-prod"
    site = Site({"db": database, "shop": service}, {"databases": ("db",), "service": ("shop",)})
    wanted = [*iam.calls(site, "db", account), *iam.calls(site, "shop", account)]
    policy = iam.policy(wanted, f"arn:aws:iam::{account}:user/rollback-runner")
    yield "```json\n" + json.dumps(policy, indent=2) + "\n```\n"
    rows = ["| action | needed where | used for | by |", "| --- | --- | --- | --- |"]
    places = {
        "": "always", "security_group": "`aws_network_fence: security_group`", "network_acl": "`aws_network_acls`",
        "route53": "a record of `route53`", "s3": "a backup on `s3://`",
        "cloudwatch": "`watching_cloudwatch_period`", "look": "before and after",
    }  # fmt: skip
    for need in catalogue.of_holder("aws"):
        assert isinstance(need, AwsPermission)
        place = "optional" if need is SIMULATE else places[need.when]
        rows.append(f"| `{need.action}` | {place} | {need.what.en} | {', '.join(need.items)} |")
    yield "\n".join(rows) + "\n"
    yield f"Probed by {catalogue.PROBES['simulate'].en}.\n"


def _cleanup() -> Iterable[str]:
    yield "## AWS: the key of the clean-up (`aws_cleanup_profile`)\n"
    yield _CLEANUP
    names = {"region": "ap-northeast-2", "account": "123456789012", "instance": "shop-prod", "group": "shop-prod-mysql"}
    wanted = [iam.Call(need, need.resource.format(**names), "note") for need in CLEANUP]
    yield "```json\n" + json.dumps(iam.policy(wanted), indent=2) + "\n```\n"
    rows = ["| action | used for | by |", "| --- | --- | --- |"]
    rows += dict.fromkeys(f"| `{one.action}` | {one.what.en} | {', '.join(one.items)} |" for one in CLEANUP)
    yield "\n".join(rows) + "\n"


def _dns() -> Iterable[str]:
    yield "## DNS key (`dns_servers.rfc2136`)\n"
    yield _plain(catalogue.of_holder("tsig"))


def _rest() -> Iterable[str]:
    yield "## Elsewhere\n"
    yield (
        "A standby that is cloned (`idc_mysql_standby`) needs `BACKUP_ADMIN` there, and `INSERT` on `mysql.plugin` to"
        " load the plugin;\nIDC then needs `CLONE_ADMIN`. What an approved quarantine applies is written with the"
        " privileges of a restore.\n"
    )


def _release() -> Iterable[str]:
    yield "## The database of a release\n"
    yield _RELEASE


if __name__ == "__main__":
    sys.stdout.write(markdown())
