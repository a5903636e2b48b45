"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_error_log
short_description: Judge IDC's error log since its last start
description:
  - An error matters unless a rule says why not; a warning matters only if a rule says so. Lines that matter fail
      the task.
extends_documentation_fragment:
  - failback.idc
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Judge the error log
  mysql_error_log:
    idc: "{{ db_idc }}"

- name: Rehearse it
  mysql_error_log:
    idc: "{{ db_idc }}"
  check_mode: true
"""

RETURN = r"""
before:
  description: What was seen first.
  returned: always
  type: raw
after:
  description: What was seen last; in a rehearsal, what is foreseen.
  returned: always
  type: raw
evidence:
  description: What was planned, done and seen, with durations in seconds.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
