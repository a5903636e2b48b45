"""Both sites drawn from real servers; each sentence by the fault it speaks of; silence told and the rest drawn."""

from __future__ import annotations

import io
import json
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import dns.flags
import dns.message
import dns.query
import dns.tsigkeyring
import dns.update
from dns_site import AWS, IDC, KEY, WWW, ZONE
from situation_site import docker, run_app

from rollback_runner import messages
from rollback_runner.site import situation_screen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from situation_site import Site


def cached(site: Site) -> list[str]:
    """What the resolver has of the name, without making it fetch."""
    query = dns.message.make_query(WWW, "A")
    query.flags &= ~dns.flags.RD
    reply = dns.query.udp(query, "127.0.0.1", timeout=2, port=site.names.resolver.port)
    return [item.to_text() for found in reply.answer for item in found]


def point(site: Site, value: str, ttl: int) -> None:
    """Change the name past the tool."""
    keyring = dns.tsigkeyring.from_text({KEY: ("hmac-sha256", site.names.secret)})
    update = dns.update.UpdateMessage(ZONE, keyring=keyring)
    update.replace("www", ttl, "A", value)
    assert dns.query.tcp(update, "127.0.0.1", timeout=2, port=site.names.primary.port).rcode() == 0


def world(site: Site) -> dict[str, Any]:
    """All that a look could have changed."""
    sql = (
        "SELECT User, Host, account_locked, User_attributes FROM mysql.user ORDER BY 1, 2;"
        " SELECT @@GLOBAL.gtid_executed, @@GLOBAL.read_only, @@GLOBAL.super_read_only; SELECT channel_name FROM"
        " performance_schema.replication_connection_configuration; SELECT COUNT(*) FROM performance_schema.processlist"
        " WHERE user='rr_admin'"
    )
    names = [site.container(name) for name in (*site.addresses, "idc-app1-app", "aws-app1-app", "idc-lb1-haproxy")]
    instance = site.aws("rds").describe_db_instances()["DBInstances"][0]
    del instance["LatestRestorableTime"]  # moto makes it up anew
    return {
        "idc": site.pair.idc.root(sql),
        "rds": site.pair.rds.root(sql),
        "containers": docker("inspect", "-f", "{{.State.StartedAt}} {{.State.Status}} {{.RestartCount}}", *names),
        "haproxy": [line.split()[:9] for line in site.admin("show servers state shop").splitlines()],
        "cached": cached(site),
        "aws": json.dumps(instance, default=str),
        "files": sorted(str(path) for path in site.root.rglob("*") if "looks" not in path.parts),
    }


@contextmanager
def users(site: Site, path: str) -> Iterator[None]:
    """Keep somebody asking."""
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.05):
            site.ask(path)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join(10)


def keys(fact: dict[str, Any], severity: str = "") -> list[str]:
    return [one["key"] for one in fact["sentences"] if not severity or one["severity"] == severity]


def text(fact: dict[str, Any], key: str, language: str = "en") -> str:
    return next(str(one[language]) for one in fact["sentences"] if one["key"] == key)


def screen(fact: dict[str, Any], language: messages.Language, columns: int) -> list[str]:
    stream = io.StringIO()
    situation_screen.show(fact, messages.Texts(language), stream, columns)
    return stream.getvalue().splitlines()


def test_a_well_site_is_drawn_and_nothing_is_changed(site: Site) -> None:
    site.record_baseline()
    site.forget_errors()
    before = world(site)
    with users(site, "/api/products/17"):
        fact, done = site.look()
    assert done.returncode == 0, done.stderr
    assert world(site) == before
    assert fact["headline"]["en"].startswith("AWS serves the users; RDS takes the writes")
    assert keys(fact, "warning") in ([], ["shop-db:follow:nothing"]), fact["sentences"]
    idc, aws = fact["sites"]["idc"], fact["sites"]["aws"]
    assert (idc["share"], aws["share"]) == (0.0, 1.0)
    assert [one["servers"] for one in aws["names"]] == [1, 1]
    assert idc["databases"][0]["read_only"] == "super_read_only"
    assert aws["databases"][0]["takes_writes"]
    assert aws["cloud"][0]["status"] == "available"
    assert len(idc["containers"]) == 3
    assert all(one["state"] == "running" and not one["changed"] for one in idc["containers"] + aws["containers"])
    assert fact["effect"]["error_rate"] == 0
    assert fact["effect"]["p95"] > 0
    assert fact["at_local"].endswith("+09:00")
    assert "container" not in done.stdout.partition('"proposals"')[2] or fact["proposals"]["SIT-01"] == []
    assert "Read both servers of the database, and what AWS says of RDS" in done.stderr
    kept = list((site.root / "looks").iterdir())
    assert len(kept) == 1
    assert not (site.root / "runs").exists()
    for column in (80, 120):
        for language in ("en", "ko"):
            lines = screen(fact, language, column)
            assert len(lines) < 40
            assert not any("\x1b" in line for line in lines)


def test_each_fault_has_its_sentence(site: Site, tmp_path: Path) -> None:
    site.record_baseline()
    app, other = site.container("idc-app1-app"), site.container("aws-app1-app")
    docker("stop", "-t", "0", app)
    docker("commit", "--change", "LABEL other=1", other, "rr-test-situation:other")
    docker("rm", "-f", other)
    run_app(site, "aws-app1", "rr-test-situation:other")
    site.mood("aws-app1", "503")
    site.admin("set server shop/idc-app1 state ready")
    site.aws("rds").stop_db_instance(DBInstanceIdentifier="shop-prod")
    point(site, AWS, 120)
    assert site.names.resolver.values() == [AWS]
    point(site, IDC, 3)
    site.pair.rds.root("INSERT INTO shop.items (name, price) VALUES ('after', 1)")
    site.pair.idc.root(
        f"CHANGE REPLICATION SOURCE TO SOURCE_HOST='{site.pair.rds.host}', SOURCE_USER='repl', SOURCE_PASSWORD='wrong',"
        " SOURCE_AUTO_POSITION=1, SOURCE_SSL=1, SOURCE_RETRY_COUNT=1, SOURCE_CONNECT_RETRY=1"
        " FOR CHANNEL 'rollback_runner'; START REPLICA FOR CHANNEL 'rollback_runner'"
    )
    with users(site, "/api/orders/4711"):
        done = site.command("situation", "-i", str(site.directory), "--json")
        played = site.play(tmp_path)
    assert done.returncode == 0, done.stderr
    # The same look within an incident keeps what it drew for the plan, and for the person who names the cause.
    assert played.returncode == 0, played.stdout
    kept = json.loads((tmp_path / "facts" / "situation.shop.json").read_text(encoding="utf-8"))
    fact = json.loads(done.stdout)
    docker("rmi", "-f", "rr-test-situation:other", check=False)
    found = keys(fact)
    for key in (
        "effect:errors",
        "shop-db:cloud:status",
        f"container:idc-app1:{app}:stopped",
        f"container:aws-app1:{other}:image",
        "shop-db:follow:broken",
        "lb:idc-lb1:down:idc-app1",
        f"dns:{WWW}:disagree",
    ):
        assert key in found, (key, found)
    assert found[0] == "effect:errors"
    assert fact["effect"]["severity"] == "critical"
    assert "the rule: 50 % or more" in fact["effect"]["because"]["en"]
    assert {one["endpoint"] for one in fact["effect"]["endpoints"]} >= {"GET /api/orders/{id}"}
    assert "another image than at the baseline" in text(fact, f"container:aws-app1:{other}:image")
    assert "기준 시점과 다릅니다" in text(fact, f"container:aws-app1:{other}:image", "ko")
    assert "exited" in text(fact, f"container:idc-app1:{app}:stopped")
    assert "1045" in text(fact, "shop-db:follow:broken") or "denied" in text(fact, "shop-db:follow:broken").lower()
    assert "127.0.0.1" in text(fact, f"dns:{WWW}:disagree")
    assert text(fact, "shop-db:cloud:status").startswith("RDS instance shop-prod is stopped")
    assert "hunter2" not in done.stdout, "a secret in a log line left the host"
    categories = {one["category"] for one in fact["proposals"]["SIT-01"]}
    assert {"availability", "application"} <= categories
    moments = fact["proposals"]["SIT-02"]
    assert any("aws-app1" in one["source"] and "503" in one["line"] for one in moments), moments
    assert any("docker inspect" in one["source"] for one in moments), moments
    assert any("replication channel" in one["source"] for one in moments), moments
    assert [one["at"] for one in moments] == sorted(one["at"] for one in moments)
    assert {one["category"] for one in kept["proposals"]["SIT-01"]} == categories
    assert {one["source"] for one in kept["proposals"]["SIT-02"]} == {one["source"] for one in moments}


@contextmanager
def mute(kind: socket.SocketKind) -> Iterator[int]:
    """A port that takes what comes and never answers."""
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            one.listen(64)
        yield int(one.getsockname()[1])


@contextmanager
def paused(*containers: str) -> Iterator[None]:
    """Freeze containers: whoever asks gets no answer at all."""
    docker("pause", *containers)
    try:
        yield
    finally:
        docker("unpause", *containers)


def test_silence_everywhere_is_told_in_time_and_the_rest_is_drawn(site: Site) -> None:
    with (
        paused(site.pair.rds.container, site.container("idc-db1")),
        mute(socket.SOCK_STREAM) as stream,
        mute(socket.SOCK_DGRAM) as datagram,
    ):
        site.vary("databases", aws_endpoint_url=f"http://127.0.0.1:{stream}")
        doors = [{"name": "idc-lb1", "url": f"http://{site.addresses['idc-lb1']}", "host_header": "www"}]
        doors.append({"name": "lost", "url": f"http://127.0.0.1:{stream}", "host_header": "www"})
        site.vary("service", service_front_doors=doors, dns_resolvers=[f"127.0.0.1:{datagram}"])
        done = site.command("situation", "-i", str(site.directory), "--lang", "en", columns=120)
    # That it ended at all, with the deadline named at each that is silent, is the proof: none of them ever answers.
    assert done.returncode == 0, done.stderr
    for words in (
        "RDS MySQL does not answer",
        "The AWS API does not tell about shop-prod: no answer within 6 s",
        "idc-db1 cannot be reached",
        "lost: front door does not answer: no answer within 3 s",
        "no answer within 3 s",
        "shop-db MySQL NO ANSWER",
        "idc-db1 NO ANSWER",
        "idc-lb1 → AWS",
        "closed for writes (super_read_only)",
    ):
        assert words in done.stdout, (words, done.stdout)
    assert "\x1b" not in done.stdout


def test_a_site_that_cannot_be_read_is_one_sentence(site: Site) -> None:
    site.vary("all", site_name="Not A Name")
    done = site.command("situation", "-i", str(site.directory))
    assert done.returncode == 2
    assert "site_name" in done.stderr
    assert "Traceback" not in done.stderr
