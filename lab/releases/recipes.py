"""The images of the releases lab, built from Debian packages alone as the other lab's are."""

from __future__ import annotations

from lab.images import Recipe

# A web host runs an engine of its own: what one host lacks must not be there because another has it.
HOST = Recipe(
    name="rr-lab-releases-host",
    suite="sid",
    packages=(
        "ca-certificates",
        "curl",
        "docker-cli",
        "docker-compose",
        "docker.io",
        "git",
        "haproxy",
        "iproute2",
        "iptables",
        "openssh-server",
        "procps",
        "python3",
        "python3-openssl",
        "python3-pymysql",
        "python3-yaml",
        "tini",
    ),
    hooks=(
        # Each host gets a key of its own from the lab.
        'rm -f "$1"/etc/ssh/ssh_host_*',
        # "*" is no password but, unlike "!", no lock: sshd turns locked accounts away.
        "chroot \"$1\" useradd --create-home --shell /bin/bash --uid 1000 --password '*' ops",
        'chroot "$1" usermod -a -G docker,haproxy ops',
    ),
    users=("ops", "haproxy"),
)
# What every release of the application is built upon.
APPLICATION = Recipe(
    name="rr-lab-releases-app",
    suite="bookworm",
    packages=("python3", "python3-pymysql", "tini"),
    hooks=('chroot "$1" useradd --no-create-home --shell /usr/sbin/nologin --uid 1000 shop',),
    users=("shop",),
)
