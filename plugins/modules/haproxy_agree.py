"""Documentation of haproxy_agree. The work is done in plugins/action/haproxy_agree.py, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: haproxy_agree
short_description: Check that a load balancer node does what all nodes should do
description:
  - Reads states, hold and, over O(window), which side was given how many requests.
  - Refuses a node that has not all servers, knows no hold, or serves from a server of neither side, and a run that
    leaves nodes out.
options:
  side:
    description: The side that every node must serve from; V(any) before the switch.
    type: str
    choices: [idc, aws, any]
    required: true
  path:
    description: The configuration file, to see that it can be edited and sends requests through the hold.
    type: str
    default: ""
  window:
    description: Seconds over which requests are counted.
    type: float
    default: 0.0
  nodes:
    description: Every load balancer node of the site.
    type: list
    elements: str
    default: []
  present:
    description: The nodes that take part in this play.
    type: list
    elements: str
    default: []
  hold_limit:
    description: Longest wait of a held request in seconds; timeouts in the file at O(path) must be longer. 0 does not
      look.
    type: float
    default: 0.0
  validate_command:
    description: The site's command that validates the file; refused here when its program is not found.
    type: list
    elements: str
    default: []
  reload_command:
    description: The site's command that reloads HAProxy; looked up likewise.
    type: list
    elements: str
    default: []
  released:
    description: Whether a hold that still stands is a failure.
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
- name: SWITCH-02 | Check that every node serves from IDC alone
  haproxy_agree:
    socket: /run/haproxy/admin.sock
    backend: shop
    servers_idc: [idc-app1, idc-app2]
    servers_aws: [aws-app1]
    side: idc
    window: 1.0

- name: SWITCH-02 | Check that every node can be switched
  haproxy_agree:
    socket: /run/haproxy/admin.sock
    backend: shop
    servers_idc: [idc-app1, idc-app2]
    servers_aws: [aws-app1]
    side: any
    path: /etc/haproxy/haproxy.cfg

- name: SWITCH-02 | Check that every node serves from AWS again
  haproxy_agree:
    socket: /run/haproxy/admin.sock
    backend: shop
    servers_idc: [idc-app1, idc-app2]
    servers_aws: [aws-app1]
    side: aws
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
  description: States, requests in flight, share of requests by side, what the file says.
  returned: always
  type: dict
refused:
  description: On failure, whether a gate said no (true) or something broke (false).
  returned: failure
  type: bool
"""
