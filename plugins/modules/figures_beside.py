"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: figures_beside
short_description: Ask the sources of figures beside the sampler
description:
  - Reads hosts, load balancers, databases and CloudWatch at the beginning and the end of a span over
    connections of its own, makes a small load between, asks Prometheus, and compares it all with what the
    sampler wrote down.
  - Finds that nobody follows the figures, or that the sampler writes none.
options:
  site_directory:
    description: Directory of the inventory.
    type: str
    required: true
  doors:
    description: The front doors, as in service_front_doors; their names are hosts of the latency figures.
    type: list
    elements: dict
    default: []
  skip:
    description: "Figures that are not followed, as in watching_skip: figure and host (patterns), because."
    type: list
    elements: dict
    default: []
  seconds:
    description: Length of the span.
    type: float
    default: 10.0
  load:
    description: Ask for pages through each front door and run statements that do nothing on IDC; never in a rehearsal.
    type: bool
    default: true
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Ask the sources of figures beside the sampler
  figures_beside:
    site_directory: "{{ inventory_dir }}"
    doors: "{{ service_front_doors }}"
  register: beside

- name: Rehearse it
  figures_beside:
    site_directory: "{{ inventory_dir }}"
    doors: "{{ service_front_doors }}"
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
  description: State of the sampler, what was made on purpose, each figure compared, samples since the
    incident began, breaches, gaps.
  returned: always
  type: dict
findings:
  description: What a person must know; blockers fail the item.
  returned: when there are any
  type: list
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
