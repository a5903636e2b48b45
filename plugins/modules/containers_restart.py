"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: containers_restart
short_description: Restart one service on this host, once after a failback, and wait until it is well
description:
  - Restarts only where needed or not yet done, checks the image against the baseline, and waits for health check
    and ready URL.
options:
  service:
    description: The entry of service_containers that is meant.
    type: str
    default: ""
  since:
    description: When IDC was opened for writes; a container started after that was restarted already. Empty when
      not known.
    type: str
    default: ""
  failback:
    description: What tells this failback from another; with it a host remembers what was restarted, where since is
      empty.
    type: str
    default: ""
  alone:
    description: No other host serves meanwhile, so a container that is well is left alone.
    type: bool
    default: false
  only_check:
    description: Look at every container of the host and restart none.
    type: bool
    default: false
  waves:
    description: The waves as containers_order names them. Given, nothing is restarted; evidence.needed names the
      services of this host that are still to be restarted.
    type: list
    elements: dict
    default: []
  timeout:
    description: Seconds a container gets to be well.
    type: float
    default: 60.0
  stop_timeout:
    description: Seconds a container gets to stop.
    type: int
    default: 30
extends_documentation_fragment:
  - failback.containers
  - failback.baseline_known
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Restart one service on this host, once after a failback, and wait until it is well
  containers_restart:
    containers: "{{ service_containers }}"

- name: Rehearse it
  containers_restart:
    containers: "{{ service_containers }}"
  check_mode: true

- name: The other way
  containers_restart:
    containers: "{{ service_containers }}"
    only_check: true
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
  description: What was decided and why, image, health, restarts, seconds.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
