"""Documentation of haproxy_stopgap. The work is done in plugins/action/haproxy_stopgap.py, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: haproxy_stopgap
short_description: Put the stop-gap service up on a load balancer node, or take it off
description:
  - Writes the mode into the file at O(map) and into the running process, one round trip, no reload. Every other byte of
    the file stays, so V(off) goes back to exactly what was before.
  - Refuses V(page) and V(read-only) while the node holds requests, and where HAProxy has not the lines for it.
  - Killed between file and process, the next run puts both right.
options:
  mode:
    description: What every request gets; V(any) only looks, and says as findings what is missing or half done.
    type: str
    choices: ["off", page, read-only, any]
    required: true
  map:
    description: The map file with the line C(mode off), as HAProxy's configuration names it.
    type: str
    required: true
  path:
    description: HAProxy's configuration file, to see that it reads the map.
    type: str
    required: true
  needed:
    description: Whether it is a failure that the node knows no stop-gap service when V(off) is asked for.
    type: bool
    default: true
extends_documentation_fragment:
  - failback.haproxy
  - failback.acts
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: CONT-03 | Show the maintenance page to everyone
  haproxy_stopgap: &node
    socket: /run/haproxy/admin.sock
    backend: shop
    servers_idc: [idc-app1, idc-app2]
    servers_aws: [aws-app1]
    map: /etc/haproxy/rr_stopgap.map
    path: /etc/haproxy/haproxy.cfg
    mode: page

- name: CONT-03 | Check that this node could put up a stop-gap service
  haproxy_stopgap:
    !!merge <<: *node
    mode: any

- name: CONT-03 | Take the stop-gap service off
  haproxy_stopgap:
    !!merge <<: *node
    mode: "off"
"""

RETURN = r"""
---
before:
  description: The mode in the process and in the file, as seen first.
  returned: always
  type: dict
after:
  description: The same at the end, or in check mode what would be.
  returned: always
  type: dict
evidence:
  description: The mode, what was set (file, process), what the configuration lacks.
  returned: always
  type: dict
refused:
  description: On failure, whether a gate said no (true) or something broke (false).
  returned: failure
  type: bool
"""
