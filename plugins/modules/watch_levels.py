"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: watch_levels
short_description: Check that the figures are back at their usual level
description:
  - Compares the median of the last minutes with the usual level of each figure, and names those that are away.
  - What has no sample, or nothing usual on record, blocks too, and limits that are still broken.
options:
  usual:
    description: "Usual levels the site names itself: by figure, then host."
    type: dict
    default: {}
  tolerance:
    description: "How far a level may be from the usual one: share, and by figure share or limit."
    type: dict
    default: {}
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
  window:
    description: Seconds the level is judged by.
    type: float
    default: 600.0
extends_documentation_fragment:
  - failback.baseline_known
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Check that the figures are back at their usual level
  watch_levels:
    baseline_directory: "{{ baseline_directory }}"
    doors: "{{ service_front_doors }}"

- name: Rehearse it
  watch_levels:
    baseline_directory: "{{ baseline_directory }}"
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
  description: Each level now and usually, its limit, breaches that last.
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
