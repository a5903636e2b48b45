"""What the runbook says of load balancers and names is typed into a shell, against a real HAProxy and real BINDs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import paper
import pytest
from daemons import wait_until
from dns_site import AWS, IDC, TTL, WWW

if TYPE_CHECKING:
    from pathlib import Path

    import dns_site
    import lb_site

MAINTENANCE = 0x01


@pytest.fixture(name="page")
def _page(node: lb_site.Node, tmp_path: Path) -> paper.Paper:
    variables = {"lb1": {"ansible_host": "127.0.0.1", **node.variables(lb_hold_expiry=60)}}
    page = paper.printed({"load_balancers": ["lb1"]}, variables, tmp_path)
    page.path = []
    return page


def test_requests_wait_and_then_go_to_idc(page: paper.Paper, node: lb_site.Node) -> None:
    assert node.get() == "aws-app1"
    page.type(*page.blocks("Requests wait"))
    assert "value=<0>" not in page.type(*page.blocks("Requests wait", "It is done when"))
    answers: list[str] = []
    client = threading.Thread(target=lambda: answers.append(node.get(timeout=60)))
    client.start()
    wait_until(lambda: "scur" in node.ask("show stat www 1 -1"), lambda: "the node does not answer")
    page.type(*page.blocks("Requests go to IDC"))
    client.join(60)
    assert answers[0].startswith("idc-app"), "the request that waited is answered by IDC"
    assert {node.get() for _ in range(4)} == {"idc-app1", "idc-app2"}
    assert int(node.states()["aws-app1"][1]) & MAINTENANCE


def test_a_hold_is_let_go_and_the_way_back_leads_to_aws(page: paper.Paper, node: lb_site.Node) -> None:
    page.type(*page.blocks("Requests wait"), *page.blocks("Requests wait", "Undo"))
    assert node.get() == "aws-app1"
    page.type(*page.blocks("Requests go to IDC"))
    assert node.get() != "aws-app1"
    page.type(*page.blocks("RDS serves again"))
    assert {node.get() for _ in range(4)} == {"aws-app1"}


def test_the_file_says_what_the_process_does(page: paper.Paper, node: lb_site.Node) -> None:
    page.type(*page.blocks("Requests go to IDC"))
    before = node.pid
    first, difference, take = page.blocks("The nodes keep it after a restart")[0].splitlines()
    page.type(first)
    assert node.config.read_text() == node.original, "nothing is changed before somebody has read the difference"
    told = page.type(f"{difference} || true", take)
    changed = [line for line in told.splitlines() if line.startswith(("<", ">"))]
    assert len(changed) == 2 * len(["aws-app1", "idc-app1", "idc-app2"]), "three server lines, and no other"
    node.daemon.wait_until(lambda: node.pid != before)
    assert {node.get() for _ in range(4)} == {"idc-app1", "idc-app2"}
    assert (node.config.parent / f"{node.config.name}.by-hand").read_text() == node.original


@pytest.fixture(name="of_names")
def _of_names(names: dns_site.Site, tmp_path: Path) -> paper.Paper:
    service = {
        "dns_records": [names.record()],
        "dns_servers": {"rfc2136": names.server()},
        "dns_authoritative": [names.primary.address],
        "dns_low_ttl": 1,
    }
    page = paper.printed({"service": ["shop"]}, {"shop": service}, tmp_path)
    return paper.with_dns(page, names.directory)


def test_a_name_is_lowered_moved_and_asked(of_names: paper.Paper, names: dns_site.Site) -> None:
    of_names.type(*of_names.blocks("Names expire at once"))
    assert (names.primary.values(), names.primary.ttl()) == ([AWS], 1)
    of_names.type(*of_names.blocks("Names expire at once", "Undo"))
    assert (names.primary.values(), names.primary.ttl()) == ([AWS], TTL)
    of_names.type(*of_names.blocks("Names lead to IDC"))
    assert (names.primary.values(), names.primary.ttl()) == ([IDC], TTL)
    assert of_names.type(*of_names.blocks("Names lead to IDC", "It is done when")).split() == [IDC]


def test_a_name_that_is_not_there_is_not_made(of_names: paper.Paper, names: dns_site.Site) -> None:
    typed = [block.replace(WWW, f"nobody.{WWW}") for block in of_names.blocks("Names lead to IDC")]
    assert "NXRRSET" in of_names.type(*typed, ok=False)
    assert names.primary.values(f"nobody.{WWW}") == []
    assert names.primary.values() == [AWS]
