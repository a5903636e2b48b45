"""Paths: each way in which one can fail is told by its kind, from the host that would use it."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import access_box
import pytest
import ssh_host
from failback import remote
from failback.access import paths, tls
from failback.access.model import Path as NetworkPath
from failback.access.model import Seen, Words
from failback.access.site import Site
from idc_side import run_action
from run_tasks import local_host, play
from ssh_action import looked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from access_box import Box

TIMEOUT = 0.6


@pytest.fixture(name="box", scope="module")
def _box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    box = access_box.start(tmp_path_factory.mktemp("box") / "keys")
    yield box
    access_box.stop(box)


def path(host: str, port: int, kind: Any = "tcp", **more: Any) -> NetworkPath:
    return NetworkPath("box", "there", host, port, kind, ("SWITCH-02",), Words("a test", "시험"), **more)


def tried(box: Box, *wanted: NetworkPath, timeout: float = TIMEOUT) -> list[Seen]:
    """Try from the box, with the real agent under the box's own Python."""
    request = {"targets": [asdict(one) for one in wanted], "timeout": timeout}
    argv = ["docker", "exec", "-i", "-u", "ops", box.name, *remote.argv("/usr/bin/python3")]
    program = remote.program(("failback.access.ports_agent",), request)
    done = subprocess.run(argv, input=program, capture_output=True, text=True, check=False, timeout=60)
    return [Seen.of(one) for one in remote.report(done.returncode, done.stdout, done.stderr, "box")["answers"]]


def test_open_refused_dropped_prohibited_and_unknown_are_told_apart(box: Box) -> None:
    box.root(
        "nft add table inet cut; nft add chain inet cut out '{ type filter hook output priority 0; }';"
        "nft add rule inet cut out ip daddr 192.0.2.10 drop;"
        "nft add rule inet cut out ip daddr 192.0.2.11 reject with icmp type host-prohibited"
    )
    wanted = [path("127.0.0.1", 22), path("127.0.0.1", 9), path("192.0.2.10", 3306), path("192.0.2.11", 3306),
              path("no-such-host.invalid", 80)]  # fmt: skip
    seen = tried(box, *wanted)
    box.root("nft delete table inet cut")
    assert [one.answer for one in seen] == ["open", "refused", "filtered", "unreachable", "no_name"]
    assert seen[2].seconds >= TIMEOUT * 0.9
    found = [paths.judge(one, answer) for one, answer in zip(wanted, seen, strict=True)]
    assert found[0] is None
    told = [one.sentence + one.next_step for one in found if one]
    assert "refused at once" in told[0]
    assert "dropped on the way" in told[1]
    assert "allow TCP 3306 from box to 192.0.2.10" in told[1]


def test_a_name_server_must_answer_over_udp_and_tcp(box: Box) -> None:
    box.root(
        'mkdir -p /tmp/named && printf \'options { directory "/tmp/named"; pid-file none; listen-on port 5300 { any; };'
        " listen-on-v6 { none; }; recursion no; session-keyfile none; }; controls { };' > /tmp/named/named.conf;"
        "(named -4 -n 1 -c /tmp/named/named.conf -f >/dev/null 2>&1 &)"
    )
    target = path("127.0.0.1", 5300, "dns", zone="shop.example.org")
    for _ in range(20):
        seen = tried(box, target)
        if seen[0].answer == "open":
            break
    assert seen[0].answer == "open"
    for protocol in ("udp", "tcp"):
        box.root(
            "nft add table inet cut; nft add chain inet cut in '{ type filter hook input priority 0; }';"
            f"nft add rule inet cut in {protocol} dport 5300 drop"
        )
        blocked = tried(box, target)[0]
        box.root("nft delete table inet cut")
        assert blocked.answer == "filtered"
        assert f"over {protocol.upper()}" in blocked.said
    assert tried(box, path("127.0.0.1", 22, "dns"))[0].answer in {"refused", "silent"}
    box.root("kill $(pidof named)")


def test_a_certificate_that_does_not_verify_is_named(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    make += ["-keyout", str(key), "-out", str(certificate), "-subj", "/CN=door", "-addext", "subjectAltName=DNS:door"]
    subprocess.run(make, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                with context.wrap_socket(listener.accept()[0], server_side=True):
                    pass
            except ssl.SSLError:
                continue
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    port = listener.getsockname()[1]
    known = path("127.0.0.1", port, "tls", server_name="door", ca_file=str(certificate))
    assert tls.shake(known, 2.0).answer == "open"
    for wrong in (path("127.0.0.1", port, "tls", server_name="door"),
                  path("127.0.0.1", port, "tls", server_name="other", ca_file=str(certificate)),
                  path("127.0.0.1", port, "tls", ca_file=str(tmp_path / "none.pem"))):  # fmt: skip
        seen = tls.shake(wrong, 2.0)
        assert seen.answer == "certificate", seen
    listener.close()


def test_an_sshd_that_does_not_forward_and_a_host_that_changed(box: Box) -> None:
    assert looked(box.ssh, "access_host", {}) == []
    (box.ssh.keys / "sshd_config").write_text(ssh_host._CONFIG.format(forwarding="no"))
    box.root("kill -HUP $(pgrep -o sshd)")
    found = looked(box.ssh, "access_host", {})
    # A load balancer is looked at from outside alone: nothing needs its sshd to forward.
    spared = looked(box.ssh, "access_host", {}, "load_balancers", lb_config_file="/etc/haproxy/haproxy.cfg")
    (box.ssh.keys / "sshd_config").write_text(ssh_host._CONFIG.format(forwarding="yes"))
    box.root("kill -HUP $(pgrep -o sshd)")
    assert [one["key"] for one in found] == ["ssh:forwarding:box"]
    assert "AllowTcpForwarding yes" in found[0]["next_step"]
    assert spared == []
    known = box.ssh.keys / "known_hosts"
    kept = known.read_text()
    other = (box.ssh.keys / "client.pub").read_text().split()[:2]
    known.write_text(f"{box.ssh.address} {' '.join(other)}\n")
    # The shared connection of the look before still stands and knows nothing of it.
    changed = looked(box.ssh, "access_host", {})
    known.write_text(kept)
    assert "SSH host key" in changed[0]["sentence"]
    refused = looked(box.ssh, "access_host", {}, ansible_user="nobody")
    assert "authorized_keys" in refused[0]["next_step"]


def test_the_ports_of_a_whole_site_from_where_they_are_used(box: Box, tmp_path: Path) -> None:
    """A load balancer node looks at the servers its own HAProxy will send to, this machine at doors and names."""
    node = box.ssh.variables() | {"lb_socket": access_box.SOCKET, "lb_backend": "shop", "lb_servers_idc": ["idc-app1"]}
    played = play(
        tmp_path / "node", [{"name": "look", "access_ports": {"timeout": 1.0}}], {"box": node},
        groups={"load_balancers": ["box"]}, check=True,
    )  # fmt: skip
    result = played.of("look")
    assert not result["changed"]
    tried_ones = {one["to"]: one["answer"] for one in result["evidence"]["paths"]}
    assert tried_ones == {"sshd of box": "open", "idc-app1 behind the load balancer": "refused"}
    assert [one["key"] for one in result["findings"]] == ["path:box:idc-app1 behind the load balancer:8080"]
    service = local_host(
        service_front_doors=[{"name": "lb1", "url": f"http://{box.ssh.address}:22"}],
        dns_records=[{"name": "www.shop.example.org", "provider": "rfc2136"}],
        dns_servers={"rfc2136": {"server": "127.0.0.1", "port": 9, "zone": "shop.example.org"}},
        dns_authoritative=["127.0.0.1:9"],
        dns_resolvers=["127.0.0.1:10"],
        dns_resolvers_required=False,
    )
    variables = {"hostvars": {"shop": service}, "groups": {"service": ["shop"]}}
    result = run_action("access_ports", {"timeout": 1.0}, host="shop", task_vars=variables)
    assert [(one["to"], one["answer"]) for one in result["evidence"]["paths"]] == [
        ("front door lb1", "open"),
        ("primary name server of shop.example.org", "refused"),
        ("resolver 127.0.0.1:10", "refused"),
    ]
    assert [one["severity"] for one in result["findings"]] == ["blocker", "warning"]


def test_a_node_that_may_be_missing_is_a_note(box: Box) -> None:
    node = {"lb_socket": "/x", "lb_backend": "shop", "ansible_host": "127.0.0.1", "ansible_port": 9}
    for absent, severities in (({"box": "being repaired"}, {"note"}), ({}, {"blocker"})):
        for name in ("access_ports", "access_host"):
            found = looked(box.ssh, name, {}, "load_balancers", **node, lb_absent_ok=absent)
            assert {one["severity"] for one in found} == severities


def test_the_site_is_read_as_it_is_written() -> None:
    site = Site(
        {"db": {"site_strategy": "stop-first"}, "here": {"ansible_connection": "local"}}, {"databases": ("db",)}
    )
    assert site.way("db") == "stop-first"
    assert (site.remote("db"), site.remote("here")) == (True, False)
