"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: haproxy_drain
short_description: Take servers out of a load balancer node for a restart, or give them back
description:
  - Never takes out the last one that serves. A server in maintenance is left alone.
options:
  socket:
    description: HAProxy's admin socket on the node, level admin.
    type: str
    required: true
  backend:
    description: The backend whose servers are meant.
    type: str
    required: true
  state:
    description: Take the servers out, or give them back.
    type: str
    choices: [drained, ready]
    required: true
  service:
    description: The entry of service_containers that is meant.
    type: str
    required: true
  hosts:
    description: The hosts of the wave.
    type: list
    elements: str
    required: true
  timeout:
    description: Seconds that requests under way, or health checks, get.
    type: float
    default: 10.0
extends_documentation_fragment:
  - failback.containers
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Take servers out of a load balancer node for a restart, or give them back
  haproxy_drain:
    socket: /run/haproxy/admin.sock
    backend: shop
    state: drained
    service: shop
    hosts: [idc-app1]
    containers: "{{ service_containers }}"

- name: Rehearse it
  haproxy_drain:
    socket: /run/haproxy/admin.sock
    backend: shop
    state: drained
    service: shop
    hosts: [idc-app1]
    containers: "{{ service_containers }}"
  check_mode: true

- name: The other way
  haproxy_drain:
    socket: /run/haproxy/admin.sock
    backend: shop
    service: shop
    hosts: [idc-app1]
    containers: "{{ service_containers }}"
    state: ready
"""

RETURN = r"""
before:
  description: What was seen first, where there is something to compare.
  returned: always
  type: raw
after:
  description: What was seen last; in a rehearsal, what is foreseen.
  returned: always
  type: raw
evidence:
  description: The servers, what was sent, who serves meanwhile, requests left at the deadline.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
