#!/bin/sh
# First process of a lab host: sshd, and the account `ops` in the group that owns the mounted Docker socket.
# The group's number is the control host's, so it is only known here.
set -eu
gid=$(stat -c %g /var/run/docker.sock)
group=$(getent group "$gid" | cut -d: -f1)
if [ -z "$group" ]; then
  group=docker-outside
  groupadd -g "$gid" "$group"
fi
usermod -a -G "$group",haproxy ops
mkdir -p /run/sshd
exec /usr/sbin/sshd -D -e -f /etc/rr-ssh/sshd_config
