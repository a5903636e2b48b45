"""Documentation of the action plugin of the same name, which does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: situation_balancer
short_description: Read what a load balancer node does, and what passes through it
description:
  - Reads servers' states and weights and the hold, and HAProxy's own figures twice.
  - A node that does not answer is the result, not a failure.
options:
  window:
    description: Seconds between two readings that rates are made of.
    type: float
    default: 2.0
extends_documentation_fragment:
  - failback.haproxy
  - failback.looks
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: SIT-05 | Read what passes through this node
  situation_balancer:
    socket: "{{ lb_socket }}"
    backend: "{{ lb_backend }}"
    servers_idc: "{{ lb_servers_idc }}"
    servers_aws: "{{ lb_servers_aws }}"
"""

RETURN = r"""
---
after:
  description: Nothing; what was seen is in the evidence.
  returned: always
  type: raw
evidence:
  description: answers, error, states, serving, hold_until, and flow with rates, error share, average time and
    servers.
  returned: always
  type: dict
"""
