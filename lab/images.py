"""The lab's images, built from Debian packages alone: no image registry is needed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import docker.errors

from lab import docker_api, engine
from lab.commands import run
from lab.errors import LabError
from lab.files import write
from lab.progress import step
from lab.topology import LABEL

if TYPE_CHECKING:
    from lab.paths import LabPaths

BUILD_TIMEOUT_SECONDS = 1800.0


@dataclass(frozen=True)
class Recipe:
    """What an image is made of; its digest is part of the tag, so an unchanged recipe is never built twice."""

    name: str
    suite: str
    packages: tuple[str, ...]
    # Shell lines run on the finished tree, which is "$1".
    hooks: tuple[str, ...]
    # Users whose numbers the lab must know, to give them files.
    users: tuple[str, ...]

    def digest(self) -> str:
        """Name this recipe."""
        parts = [self.name, self.suite, *self.packages, *self.hooks, *self.users]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]

    @property
    def tag(self) -> str:
        """Name of the image in the engine."""
        return f"{self.name}:{self.digest()}"


HOST = Recipe(
    name="rr-lab-host",
    suite="bookworm",
    packages=(
        "bind9",
        "bind9-dnsutils",
        "ca-certificates",
        "docker.io",
        "haproxy",
        "iproute2",
        "nftables",
        "openssh-server",
        "procps",
        "python3",
        "python3-cryptography",
        "python3-dnspython",
        "python3-pymysql",
        "tini",
    ),
    hooks=(
        # Only the docker client: hosts talk to the engine outside.
        'rm -f "$1"/usr/sbin/dockerd "$1"/usr/sbin/runc "$1"/usr/bin/containerd* "$1"/usr/bin/ctr',
        # Each host gets a key of its own from the lab.
        'rm -f "$1"/etc/ssh/ssh_host_*',
        # "*" is no password but, unlike "!", no lock: sshd turns locked accounts away.
        "chroot \"$1\" useradd --create-home --shell /bin/bash --uid 1000 --password '*' ops",
    ),
    users=("ops", "haproxy", "bind"),
)
MYSQL = Recipe(
    name="rr-lab-mysql",
    suite="sid",
    packages=("mysql-client", "mysql-server", "tini", "zstd"),
    # The package makes a server of its own at install time.
    hooks=('rm -rf "$1"/var/lib/mysql && mkdir "$1"/var/lib/mysql && chroot "$1" chown mysql:mysql /var/lib/mysql',),
    users=("mysql",),
)
# mydumper needs MariaDB's client library, whose package cannot stand beside MySQL's server: hence an image of its own.
TOOLS = Recipe(name="rr-lab-tools", suite="sid", packages=("mydumper", "zstd"), hooks=(), users=())
# Watches the lab from within: what `watching_prometheus` of its site asks. mkpasswd (whois) makes its password's hash.
PROMETHEUS = Recipe(
    name="rr-lab-prometheus",
    suite="bookworm",
    packages=("prometheus", "prometheus-mysqld-exporter", "prometheus-node-exporter", "tini", "whois"),
    hooks=(),
    users=("prometheus",),
)
# A real browser, for the tests that look at our pages. `lab up` does without: `on_demand` builds it when first asked.
BROWSER = Recipe(
    name="rr-lab-browser",
    suite="bookworm",
    packages=(
        "chromium",
        "chromium-driver",
        # Without a face for Hangul every Korean page is a row of boxes.
        "fonts-liberation",
        "fonts-noto-cjk",
        # Printed pages are looked at too: pdftoppm makes pictures of them.
        "poppler-utils",
        "tini",
    ),
    hooks=(
        'chroot "$1" useradd --create-home --shell /bin/sh --uid 1000 browser',
        # Faces no page of ours asks for: half of what they take.
        'rm -f "$1"/usr/share/fonts/opentype/noto/NotoSerifCJK*',
    ),
    users=(),
)


@dataclass(frozen=True)
class Images:
    """Tags of the images in use and the user numbers inside them."""

    host: str
    mysql: str
    users: dict[str, int]
    tools: str = ""
    prometheus: str = ""


def debian_mirror() -> str:
    """Ask apt where this machine gets Debian from. Raises LabError when it does not know."""
    listing = run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian"])
    mirrors = [line for line in listing.split() if not line.rstrip("/").endswith("-security")]
    if not mirrors:
        # A machine whose lists were never fetched, or one that is not Debian.
        listing = run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"])
        mirrors = [line for line in listing.split() if "/debian" in line and not line.rstrip("/").endswith("-security")]
    if not mirrors:
        raise LabError("apt knows no Debian mirror. Run `apt-get update` on a Debian machine, then try again.")
    return mirrors[0]


def build_command(recipe: Recipe, mirror: str, archive: Path) -> list[str]:
    """Give the mmdebstrap call for a recipe."""
    hooks = [f"--customize-hook={hook}" for hook in recipe.hooks]
    left_out = [f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in ("doc", "man", "locale")]
    return [
        "mmdebstrap",
        "--variant=minbase",
        "--quiet",
        # A mirror that stands still for a while is good enough for a lab.
        '--aptopt=Acquire::Check-Valid-Until "false"',
        *left_out,
        f"--include={','.join(recipe.packages)}",
        *hooks,
        recipe.suite,
        str(archive),
        mirror,
    ]


def exists(recipe: Recipe) -> bool:
    """Tell whether the engine has the image."""
    try:
        docker_api.client().images.get(recipe.tag)
    except docker.errors.ImageNotFound:
        return False
    return True


def build(recipe: Recipe, scratch: Path) -> None:
    """Build one image and import it. Needs root. Raises LabError with what mmdebstrap said."""
    if os.geteuid() != 0:
        raise LabError("Building the lab's images needs root. Run `lab up` once as root.")
    if shutil.which(engine.BUILDER) is None:
        engine.install([engine.PACKAGES[engine.BUILDER]])
    mirror = debian_mirror()
    scratch.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=scratch, prefix="build-") as folder,
        step(f"Building image {recipe.tag}", announce=True),
    ):
        archive = Path(folder) / "root.tar"
        run(build_command(recipe, mirror, archive), timeout=BUILD_TIMEOUT_SECONDS)
        run(["docker", "import", "--change", f"LABEL {LABEL}=1", str(archive), recipe.tag], timeout=300)


def on_demand(recipe: Recipe, scratch: Path) -> str:
    """Give the tag of an image `lab up` does not need, building it when the engine lacks it.

    Several may ask at once: one builds, the others wait. Raises LabError as `build` does.
    """
    if not exists(recipe):
        scratch.mkdir(parents=True, exist_ok=True)
        with (scratch / f"{recipe.name}.lock").open("w") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            if not exists(recipe):
                build(recipe, scratch)
    return recipe.tag


def user_numbers(recipe: Recipe) -> dict[str, int]:
    """Read the numbers of the recipe's users from its image."""
    names = " ".join(recipe.users)
    script = f"for u in {names}; do id -u $u; done"
    out = run(["docker", "run", "--rm", "--label", f"{LABEL}=1", "--network", "none", recipe.tag, "sh", "-c", script])
    return dict(zip(recipe.users, (int(line) for line in out.split()), strict=True))


def up(paths: LabPaths) -> Images:
    """Build what is missing and say what there is."""
    known = json.loads(paths.images.read_text()) if paths.images.exists() else {}
    wanted = {"host": HOST.tag, "mysql": MYSQL.tag, "tools": TOOLS.tag, "prometheus": PROMETHEUS.tag}
    missing = [recipe for recipe in (HOST, MYSQL, TOOLS, PROMETHEUS) if not exists(recipe)]
    for recipe in missing:
        build(recipe, paths.root / "tmp")
    if missing or {key: known.get(key) for key in wanted} != wanted:
        known = {**wanted, "users": {**user_numbers(HOST), **user_numbers(MYSQL), **user_numbers(PROMETHEUS)}}
        write(paths.images, json.dumps(known, indent=2) + "\n")
    return Images(**{name: known[name] for name in ("host", "mysql", "users", "tools", "prometheus")})


def remove() -> None:
    """Remove the lab's images, of whatever recipe."""
    for image in docker_api.client().images.list(filters={"label": f"{LABEL}=1"}):
        docker_api.client().images.remove(image.id, force=True)
