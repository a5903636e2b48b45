"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_settings
short_description: Compare the settings of IDC MySQL with its baseline
description:
  - Only looks. A difference is refused with the statement that would undo it.
options:
  server:
    description: IDC MySQL, as in db_idc.
    type: dict
    required: true
extends_documentation_fragment:
  - failback.baseline
  - failback.expected
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Compare the settings of IDC MySQL with its baseline
  mysql_settings:
    baseline_directory: "{{ baseline_directory }}"
    server: "{{ db_idc }}"

- name: Rehearse it
  mysql_settings:
    baseline_directory: "{{ baseline_directory }}"
    server: "{{ db_idc }}"
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
  description: Differences, and those that are meant with their reason.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
