"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: watch_length
short_description: Wait until a service was watched long enough
description:
  - The watch begins with the first look. A gap in the samples longer than allowed sets it back to the gap's
    end.
  - Waits for a bounded time; what is missing then makes the item wait.
options:
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
  needed:
    description: Seconds the watch must last.
    type: float
    default: 7200.0
  longest_gap:
    description: Seconds without a sample that do no harm.
    type: float
    default: 300.0
  timeout:
    description: Seconds to wait for it at most.
    type: float
    default: 0.0
  go_on:
    description: Command that people are told to come back with.
    type: str
    default: rollback-runner rollback
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Wait until a service was watched long enough
  watch_length:
    doors: "{{ service_front_doors }}"
    needed: 7200

- name: Rehearse it
  watch_length:
    doors: "{{ service_front_doors }}"
    needed: 7200
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
  description: When it began and counts from, seconds watched and needed, samples, gaps with their reason.
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
