#!/bin/sh
# First process of the load balancer's host. HAProxy itself runs in a container beside it.
set -eu
mkdir -p /run/sshd
exec /usr/sbin/sshd -D -e -f /etc/rr-ssh/sshd_config
