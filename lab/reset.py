"""Back to "migrated and failing": the state every drill starts from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from lab import configs, docker_api, hosts, monitoring, mysql_servers, ready
from lab.commands import run
from lab.progress import step
from lab.topology import HOSTS, SERVICES

if TYPE_CHECKING:
    from lab.images import Images
    from lab.options import Options
    from lab.paths import LabPaths

ANSWER_SECONDS = 90.0
# First what others need, then those who need it. The reconciler starts after the AWS stand-in was seeded.
FIRST = ("mysql", "named", "moto")
THEN = ("reconciler", "heartbeat", "shop", "haproxy", "desk", *monitoring.KINDS)


def stop_services() -> None:
    """Kill every service. What they leave behind is thrown away, so nobody is asked to end well."""
    hosts.each(docker_api.kill, [service.name for service in SERVICES])


def clear_network_fence() -> None:
    """Drop the security group's and the network ACL's rules; nothing else has rules in this namespace."""
    run(["docker", "exec", "rr-aws-rds", "nft", "flush", "ruleset"], timeout=20)


def seed_aws() -> None:
    """Fill the AWS stand-in once it answers: instance, parameter group, security group, ACL, zone."""
    ready.wait_for("The AWS stand-in", ANSWER_SECONDS, ready.aws)
    seed = ["python3", "-m", "lab.aws.seed", "--config", "/etc/rr/reconciler.json"]
    run(["docker", "exec", "aws-api-moto", *seed], timeout=120)


def wait_until_up(paths: LabPaths, *, serving: bool = True) -> None:
    """Wait until every service and every sshd answers. Raises LabError naming the first that does not."""
    probes = dict(ready.probes(paths, serving=serving))
    for host in HOSTS:
        if host.sshd:
            probes[host.container] = lambda name=host.name: ready.sshd(name)  # type: ignore[misc]
    with ThreadPoolExecutor(len(probes)) as pool:
        pending = [pool.submit(ready.wait_for, name, ANSWER_SECONDS, probe) for name, probe in probes.items()]
    for done in pending:
        done.result()


def to_failed_move(paths: LabPaths, images: Images, options: Options) -> None:
    """Put data, configuration, AWS state and network rules back and start everything.

    Safe to repeat and to interrupt: it looks at nothing that was before, so a second run ends in the same state.
    """
    with step("Stopping the services"):
        stop_services()
    with step("Writing configurations"):
        configs.up(paths, images, read_only_delay=options.read_only_delay)
        hosts.hosts_up(paths, images)
        clear_network_fence()
    with step("Copying the data back"):
        mysql_servers.restore(paths)
    with step("Starting databases, name servers and the AWS stand-in"):
        hosts.services_up(paths, images, FIRST)
    with step("Seeding the AWS stand-in"):
        seed_aws()
    with step("Starting applications and load balancers"):
        hosts.services_up(paths, images, THEN)
    with step("Waiting until everything answers"):
        wait_until_up(paths)
