"""A load balancer node whose configuration knows the stop-gap service, and what a client sees of it."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lb_site import CONFIG
from run_tasks import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lb_site import Node

TEMPLATES = ROOT / "lab" / "templates"
FILES = ("rr_stopgap.map", "stopgap.html", "read-only.html", "read-only.json")


def lines(directory: Path) -> str:
    """The stop-gap's lines as the lab has them, with the files in this directory."""
    text = (TEMPLATES / "haproxy.cfg").read_text(encoding="utf-8")
    found = [line for line in text.splitlines() if "stopgap" in line and not line.lstrip().startswith("#")]
    return "\n".join(found).replace("/etc/haproxy/", f"{directory}/") + "\n"


def start(new_node: Callable[..., Node], directory: Path, name: str = "lb1", *, with_lines: bool = True) -> Node:
    """Start a node; its files lie in ``directory/NAME/files``: it may run in a container that sees no other place."""
    place = directory / name / "files"
    place.mkdir(parents=True)
    for file in FILES:
        (place / file).write_bytes((TEMPLATES / file).read_bytes())
    config = CONFIG.read_text(encoding="utf-8")
    if with_lines:
        config = config.replace("    http-request lua.rr_hold\n", lines(place) + "    http-request lua.rr_hold\n")
    node = new_node(name, config)
    node.stopgap_map = place / "rr_stopgap.map"  # type: ignore[attr-defined]
    return node


def arguments(node: Node, **more: Any) -> dict[str, Any]:
    """Arguments of haproxy_stopgap."""
    return node.arguments(map=str(node.stopgap_map), path=str(node.config), **more)  # type: ignore[attr-defined]


def variables(node: Node, **more: Any) -> dict[str, Any]:
    """Inventory variables of the node, the map's place among them."""
    return node.variables(stopgap_map=str(node.stopgap_map), **more)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Answer:
    """What a client gets."""

    status: int
    headers: dict[str, str]
    body: str


def ask(node: Node, method: str = "GET", path: str = "/", **headers: str) -> Answer:
    """Send one request on a connection of its own; a header's underscores stand for dashes."""
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=5)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    told = {name.lower(): value for name, value in answer.getheaders()}
    found = Answer(answer.status, told, answer.read().decode())
    connection.close()
    return found


def running(node: Node) -> str:
    """The mode in the process, as its admin socket tells it."""
    found = re.findall(r" mode (\S+)", node.ask(f"show map {node.stopgap_map}"))  # type: ignore[attr-defined]
    return str(found[0])
