"""Documentation of the action plugin of the same name, which does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: situation_host
short_description: Read the service's containers on a host, and what their logs say
description:
  - Reads each container's state, health, image digest and restarts, and reduces the end of its log on the host
    to counts, first and last times, endpoints that answered with 5xx, and one masked example of each kind of
    error.
  - A host that does not answer is the result, not a failure.
options:
  containers:
    description: Containers as in service_containers; those of this host's groups are read.
    type: list
    elements: dict
    default: []
  log_seconds:
    description: How far back is read, in seconds.
    type: int
    default: 21600
  log_lines:
    description: The most lines of one log that are read.
    type: int
    default: 4000
extends_documentation_fragment:
  - failback.looks
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: SIT-03 | Read the containers of this host
  situation_host:
    containers: "{{ service_containers }}"

- name: SIT-03 | Read the containers and the log of the last hour
  situation_host:
    containers: "{{ service_containers }}"
    log_seconds: 3600
  check_mode: true
"""

RETURN = r"""
---
after:
  description: Nothing; what was seen is in the evidence.
  returned: always
  type: raw
evidence:
  description: answers, error, now (the host's clock), and per container what was read.
  returned: always
  type: dict
"""
