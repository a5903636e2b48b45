"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_orphans
short_description: Look for rows whose foreign key points nowhere
description:
  - Scans every foreign key of the schemas on IDC, each in one statement and so at one moment, and names the rows that
    have no parent. Loading or replicating with foreign_key_checks off lets such rows in without a word.
options:
  schemas:
    description: The schemas whose tables are looked at.
    type: list
    elements: str
    required: true
  timeout:
    description: Seconds one scan may take.
    type: float
    default: 300.0
extends_documentation_fragment:
  - failback.idc
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: DATA-04 | Check that no row on IDC points nowhere
  mysql_orphans:
    idc: "{{ db_idc }}"
    schemas: "{{ db_schemas }}"

- name: DATA-04 | Check it with more patience
  mysql_orphans:
    idc: "{{ db_idc }}"
    schemas: "{{ db_schemas }}"
    timeout: 1800

- name: Rehearse it
  mysql_orphans:
    idc: "{{ db_idc }}"
    schemas: "{{ db_schemas }}"
  check_mode: true
"""

RETURN = r"""
before:
  description: How many foreign keys were scanned.
  returned: always
  type: raw
after:
  description: As before.
  returned: always
  type: raw
evidence:
  description: "foreign_keys, orphans (each with its key, parent and first rows), checks_on."
  returned: always
  type: dict
refused:
  description: Whether orphans were found, rather than something breaking.
  returned: on failure
  type: bool
"""
