"""The stand-in's rules on a real socket: a closed group leaves live connections alone, an ACL cuts them."""

from __future__ import annotations

import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from lab.aws import firewall

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "rr-test-aws-firewall"
PORT = 3306
ECHO = (
    "import socketserver\n"
    "class Echo(socketserver.StreamRequestHandler):\n"
    "    def handle(self):\n"
    "        for line in self.rfile: self.wfile.write(line)\n"
    "socketserver.ThreadingTCPServer(('', 3306), Echo).serve_forever()\n"
)


def docker(*argv: str) -> str:
    done = subprocess.run(["docker", *argv], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


@pytest.fixture(scope="module", name="address")
def _address() -> Iterator[str]:
    """Start a container with something that answers on MySQL's port, in a namespace of its own."""
    images = docker("images", "--format", "{{.Repository}}:{{.Tag}}", "rr-lab-host").split()
    if not images:
        pytest.fail("no host image: build the lab's images first (rollback-runner lab up)")
    subprocess.run(["docker", "rm", "-f", NAME], capture_output=True, check=False, timeout=60)
    docker("run", "-d", "--name", NAME, "--cap-add", "NET_ADMIN", images[0], "python3", "-c", ECHO)
    address = docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", NAME)
    deadline = time.monotonic() + 90
    while not connects(address):
        assert time.monotonic() < deadline, "the echo server never came up"
        time.sleep(0.1)
    yield address
    docker("rm", "-f", NAME)


def connects(address: str) -> bool:
    try:
        socket.create_connection((address, PORT), timeout=0.7).close()
    except OSError:
        return False
    return True


def answers(connection: socket.socket) -> bool:
    try:
        connection.sendall(b"are you there\n")
        return connection.recv(100) == b"are you there\n"
    except TimeoutError:
        return False


def world(address: str, *, group_open: bool = True, acl_denies: bool = False) -> dict[str, Any]:
    ingress = [{"protocol": "tcp", "from": PORT, "to": PORT, "cidr": "0.0.0.0/0", "other": False}]
    everything = {"protocol": "-1", "from": None, "to": None, "cidr": "0.0.0.0/0", "other": False}
    entries: list[dict[str, Any]] = [
        {
            "number": 100,
            "protocol": "-1",
            "action": "allow",
            "egress": egress,
            "cidr": "0.0.0.0/0",
            "from": None,
            "to": None,
        }
        for egress in (False, True)
    ]
    if acl_denies:
        denied: dict[str, Any] = {"number": 50, "protocol": "6", "action": "deny", "egress": False, "cidr": "0.0.0.0/0"}
        entries.append({**denied, "from": PORT, "to": PORT})
    return {
        "instances": {"shop": {"security_groups": ["sg-1"]}},
        "security_groups": {"sg-1": {"ingress": ingress if group_open else [], "egress": [everything]}},
        "subnets": {"subnet-1": f"{address}/32"},
        "network_acls": [{"id": "acl-1", "subnets": ["subnet-1"], "entries": entries}],
    }


def enforce(address: str, **how: bool) -> None:
    firewall.apply(firewall.ruleset(world(address, **how), "shop", address), NAME)


def test_a_closed_group_refuses_new_connections_and_spares_live_ones(address: str) -> None:
    enforce(address)
    with socket.create_connection((address, PORT), timeout=2) as live:
        live.settimeout(1)
        assert answers(live)
        enforce(address, group_open=False)
        assert not connects(address)
        assert answers(live)
        enforce(address)
        assert connects(address)


def test_a_network_acl_cuts_live_connections_in_silence(address: str) -> None:
    enforce(address)
    with socket.create_connection((address, PORT), timeout=2) as live:
        live.settimeout(1)
        assert answers(live)
        enforce(address, acl_denies=True)
        assert not answers(live)
        assert not connects(address)
        enforce(address)
        assert connects(address)


def test_rules_that_nft_refuses_are_an_error() -> None:
    with pytest.raises(firewall.FirewallError):
        firewall.apply(firewall.Ruleset("table inet nonsense {", ()), NAME)
