"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: idc_state
short_description: Read what state IDC's data is in
description:
  - Tells whether IDC answers, whether it holds everything up to the cut-over, and whether it takes writes.
  - A server that cannot be asked counts as not usable.
options:
  cutover_gtid:
    description: GTID set at the cut-over.
    type: str
    required: true
  schemas:
    description: The application's schemas; each must have a table.
    type: list
    elements: str
    required: true
  must:
    description: What is refused otherwise; V(any) only tells.
    type: str
    choices: [any, serve, not_serve]
    default: any
extends_documentation_fragment:
  - failback.idc
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Read what state the data of IDC is in
  idc_state:
    idc: "{{ db_idc }}"
    cutover_gtid: "{{ db_cutover_gtid }}"
    schemas: "{{ db_schemas }}"
  register: idc_found

- name: Check that IDC serves
  idc_state:
    idc: "{{ db_idc }}"
    cutover_gtid: "{{ db_cutover_gtid }}"
    schemas: "{{ db_schemas }}"
    must: serve

- name: Rehearse it
  idc_state:
    idc: "{{ db_idc }}"
    cutover_gtid: "{{ db_cutover_gtid }}"
    schemas: "{{ db_schemas }}"
  check_mode: true
"""

RETURN = r"""
before:
  description: As after.
  returned: always
  type: raw
after:
  description: "reachable, usable, serving (booleans) and why (for people)."
  returned: always
  type: raw
evidence:
  description: As after.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
