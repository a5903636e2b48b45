"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: host_resources
short_description: Check that a host uses no more than it may
description:
  - CPU, waiting for disks, load, memory, swap and disk traffic against limits; a limit counts when it is passed in
    every look.
options:
  limits:
    description: Limits that differ from the defaults, as in environment_limits.
    type: dict
    default: {}
  sample:
    description: Seconds over which CPU and disk traffic are measured.
    type: float
    default: 1.0
  times:
    description: Looks before something out of range counts.
    type: int
    default: 3
extends_documentation_fragment:
  - failback.baseline_known
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Check that a host uses no more than it may
  host_resources:

- name: Rehearse it
  host_resources:
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
  description: Figures now and in the baseline, and the limits.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
