"""Documentation of haproxy_servers. The work is done in plugins/action/haproxy_servers.py, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: haproxy_servers
short_description: Send a load balancer node's traffic to one side
description:
  - Sets the leaving servers to maintenance and ends their sessions, then the arriving ones to ready, and reads the
    states again.
  - With O(release) ends the hold, only if the states are the wanted ones. One round trip.
options:
  side:
    description: The side that shall serve.
    type: str
    choices: [idc, aws]
    required: true
  release:
    description: End the hold afterwards.
    type: bool
    default: false
extends_documentation_fragment:
  - failback.haproxy
  - failback.looks
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: SWITCH-02 | Send traffic to IDC and let held requests go
  haproxy_servers:
    socket: /run/haproxy/admin.sock
    backend: shop
    servers_idc: [idc-app1, idc-app2]
    servers_aws: [aws-app1]
    side: idc
    release: true

- name: SWITCH-02 | Read what a switch would change
  haproxy_servers:
    socket: /run/haproxy/admin.sock
    backend: shop
    servers_idc: [idc-app1, idc-app2]
    servers_aws: [aws-app1]
    side: idc
  check_mode: true

- name: SWITCH-02 | Send traffic back to AWS
  haproxy_servers:
    socket: /run/haproxy/admin.sock
    backend: shop
    servers_idc: [idc-app1, idc-app2]
    servers_aws: [aws-app1]
    side: aws
    release: true
"""

RETURN = r"""
---
before:
  description: What was seen first.
  returned: always
  type: raw
after:
  description: What was seen at the end, or in check mode what would be.
  returned: always
  type: raw
evidence:
  description: The commands that were sent, sessions that were cut, requests in flight.
  returned: always
  type: dict
refused:
  description: On failure, whether a gate said no (true) or something broke (false).
  returned: failure
  type: bool
"""
