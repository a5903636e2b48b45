"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: figures_followed
short_description: Check that the figures of one item are followed, and true
description:
  - Judges one item by what M(figures_beside) found. A figure without a sample, or one that disagrees with its
    source, blocks.
  - For MON-05 also tells the kinds of errors that M(log_errors) found.
options:
  item:
    description: Item of the checklist, such as MON-01.
    type: str
    required: true
  seen:
    description: Evidence of M(figures_beside).
    type: dict
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
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Check that the figures of one item are followed, and true
  figures_followed:
    item: MON-01
    seen: "{{ beside.evidence }}"
    doors: "{{ service_front_doors }}"

- name: Rehearse it
  figures_followed:
    item: MON-01
    seen: "{{ beside.evidence }}"
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
  description: Samples, interval, values beside each other, breaches.
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
