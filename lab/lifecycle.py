"""The lab's four verbs: up, reset, down and (in `status`) a look."""

from __future__ import annotations

import fcntl
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lab import configs, docker_api, engine, hosts, images, keys, mysql_servers, network, reset, tls, wheels
from lab.errors import LabError
from lab.progress import step
from lab.topology import HOSTS, SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.options import Options
    from lab.paths import LabPaths


@contextmanager
def alone(paths: LabPaths) -> Iterator[None]:
    """Hold the lab's lock: two at a time would undo each other. Raises LabError when another holds it."""
    paths.root.mkdir(parents=True, exist_ok=True)
    with (paths.root / "lab.lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LabError("Another lab command is at work here. Wait until it has ended.") from error
        yield


def _prepare(paths: LabPaths) -> images.Images:
    engine.up(paths)
    made = images.up(paths)
    keys.up(paths)
    tls.up(paths)
    wheels.up(paths)
    network.up()
    configs.mysql(paths, made.users)
    return made


def _remembers(paths: LabPaths, made: images.Images) -> bool:
    """Tell whether the lab still has the state it was left in.

    Files and databases survive a stop; the AWS API keeps everything in memory, so once it has stopped the rest of the
    state is worth nothing.
    """
    complete = all(docker_api.find(name) for name in (*(s.name for s in SERVICES), *(h.container for h in HOSTS)))
    return complete and all(
        docker_api.stands(hosts.service_spec(paths, made, service)) for service in SERVICES if service.kind == "moto"
    )


def up(paths: LabPaths, options: Options) -> None:
    """Build and start what is missing. A lab that stands is left in the state it is in."""
    with alone(paths), step("Lab up", announce=True):
        made = _prepare(paths)
        rebuilt = mysql_servers.up(paths, made, options)
        if rebuilt or not _remembers(paths, made):
            reset.to_failed_move(paths, made, options)
            return
        hosts.hosts_up(paths, made)
        hosts.services_up(paths, made, (*reset.FIRST, *reset.THEN))
        reset.wait_until_up(paths, serving=False)


def back(paths: LabPaths, options: Options) -> None:
    """Bring the state "migrated and failing" back. Raises LabError when the lab was never up."""
    with alone(paths), step("Lab reset", announce=True):
        if not paths.pristine.exists():
            raise LabError("There is no lab to reset. Run `lab up` first.")
        made = _prepare(paths)
        reset.to_failed_move(paths, made, options)


def down(paths: LabPaths, *, purge: bool) -> None:
    """Remove containers and network. With `purge`, also the images and everything under .lab."""
    with alone(paths), step("Lab down", announce=True):
        if engine.answers():
            hosts.each(docker_api.remove, [container.name for container in docker_api.all_containers()])
            network.down()
            if purge:
                images.remove()
        if purge:
            shutil.rmtree(paths.root)
