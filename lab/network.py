"""The lab's one Docker network: a bridge on which the control host is the gateway."""

from __future__ import annotations

import docker.errors
import docker.types

from lab import docker_api
from lab.errors import LabError
from lab.topology import DYNAMIC_RANGE, GATEWAY, LABEL, NETWORK, SUBNET


def up() -> None:
    """Make the network unless it stands. Raises LabError when its addresses are taken."""
    client = docker_api.client()
    if any(found.name == NETWORK for found in client.networks.list(names=[NETWORK])):
        return
    pool = docker.types.IPAMPool(subnet=SUBNET, iprange=DYNAMIC_RANGE, gateway=GATEWAY)
    try:
        client.networks.create(
            NETWORK,
            driver="bridge",
            ipam=docker.types.IPAMConfig(pool_configs=[pool]),
            labels={LABEL: "1"},
        )
    except docker.errors.APIError as error:
        raise LabError(
            f"The network {SUBNET} could not be made: {error.explanation}. "
            "Another Docker network or a route of this machine may use these addresses.",
        ) from error


def down() -> None:
    """Remove the network if it is the lab's."""
    for found in docker_api.client().networks.list(names=[NETWORK], filters={"label": f"{LABEL}=1"}):
        found.remove()
