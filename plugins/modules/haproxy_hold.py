"""Documentation of haproxy_hold. The work is done in plugins/action/haproxy_hold.py, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: haproxy_hold
short_description: Keep new requests waiting on a load balancer node
description:
  - Sets a process variable that the node's Lua action watches; new requests wait, requests in flight end.
  - Waits until no request is in flight to the side that is left, or until O(drain_timeout). One round trip.
  - The hold ends by itself after O(expiry).
options:
  state:
    description: Hold, or let requests go.
    type: str
    choices: [held, released]
    required: true
  side:
    description: The side that will serve afterwards; requests in flight to the other one are waited for.
    type: str
    choices: [idc, aws]
    default: idc
  limit:
    description: Longest wait of one request in seconds; then it gets the maintenance answer.
    type: int
    default: 30
  expiry:
    description: Seconds after which the hold ends by itself.
    type: int
    default: 90
  drain_timeout:
    description: Seconds for requests in flight to end. What is left then is in the evidence, and no failure.
    type: float
    default: 3.0
extends_documentation_fragment:
  - failback.haproxy
  - failback.looks
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: SWITCH-02 | Hold new requests
  haproxy_hold:
    socket: /run/haproxy/admin.sock
    backend: shop
    servers_idc: [idc-app1, idc-app2]
    servers_aws: [aws-app1]
    state: held

- name: SWITCH-02 | Read whether requests can be held
  haproxy_hold:
    socket: /run/haproxy/admin.sock
    backend: shop
    servers_idc: [idc-app1, idc-app2]
    servers_aws: [aws-app1]
    state: held
  check_mode: true

- name: SWITCH-02 | Let held requests go
  haproxy_hold:
    socket: /run/haproxy/admin.sock
    backend: shop
    servers_idc: [idc-app1, idc-app2]
    servers_aws: [aws-app1]
    state: released
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
  description: Requests in flight before and after, how long draining took, until when the hold stands.
  returned: always
  type: dict
refused:
  description: On failure, whether a gate said no (true) or something broke (false).
  returned: failure
  type: bool
"""
