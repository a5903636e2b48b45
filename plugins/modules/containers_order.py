"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: containers_order
short_description: Say in which order the containers of a service are restarted
description:
  - Puts services in order, what is needed first, and splits their hosts into waves.
options:
  servers:
    description: The IDC servers, as in db_idc, that are asked since when they take writes.
    type: list
    elements: dict
    default: []
extends_documentation_fragment:
  - failback.containers
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Say in which order the containers of a service are restarted
  containers_order:
    containers: "{{ service_containers }}"

- name: Rehearse it
  containers_order:
    containers: "{{ service_containers }}"
  check_mode: true
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
  description: order, waves, and since when IDC takes writes.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
