#!/bin/sh
# First process of a web host: an engine of its own, without networks (the shop uses the host's), and sshd.
set -eu
mkdir -p /run/sshd /var/run
rm -f /var/run/docker.pid /var/run/docker/containerd/containerd.pid
dockerd --bridge=none --iptables=false --ip6tables=false --cgroup-parent "/$(hostname)" \
  >/var/log/dockerd.log 2>&1 &
exec /usr/sbin/sshd -D -e -f /etc/rr-ssh/sshd_config
