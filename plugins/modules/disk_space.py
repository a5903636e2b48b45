"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: disk_space
short_description: Check that the disks of a host have room, now and for the forecast
description:
  - Free space and inodes, and the days left if it goes on growing as since the baseline.
extends_documentation_fragment:
  - failback.baseline_known
  - failback.disks
  - failback.least
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Check that the disks of a host have room, now and for the forecast
  disk_space:

- name: Rehearse it
  disk_space:
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
  description: Per path free bytes and shares, growth a day, days left.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
