"""The doctor asks a real HAProxy for the names that the site has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollback_runner.site.doctor import hosts

if TYPE_CHECKING:
    from lb_site import Node


def refused(variables: dict[str, Any]) -> str:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the whole sentence is compared
        hosts.balancer("lb1", variables)
    return str(error.value)


def test_names_that_haproxy_does_not_have_are_named(node: Node) -> None:
    good = node.variables()
    assert hosts.balancer("lb1", good).startswith("Version: ")
    wrong = refused(good | {"lb_backend": "stall"})
    assert wrong.startswith("HAProxy has no backend stall; it has ")
    assert "shop" in wrong
    assert wrong.endswith(": correct lb_backend")
    assert refused(good | {"lb_servers_aws": ["cloud-app1"], "lb_servers_idc": ["idc-app1", "idc-app9"]}) == (
        "backend shop has no server cloud-app1, idc-app9; it has aws-app1, idc-app1, idc-app2:"
        " correct lb_servers_idc or lb_servers_aws"
    )
    assert refused(good | {"lb_socket": "/nowhere/admin.sock"}) == (
        "/nowhere/admin.sock: No such file or directory. Correct lb_socket, or let ansible_user use the socket"
    )
