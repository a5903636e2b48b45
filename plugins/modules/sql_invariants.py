"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: sql_invariants
short_description: Check what must hold in the service's data on IDC
description:
  - Asks in one read-only transaction.
options:
  server:
    description: IDC MySQL, as in db_idc.
    type: dict
    required: true
  timeout:
    description: Seconds one query may take.
    type: float
    default: 60.0
extends_documentation_fragment:
  - failback.journeys
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Check what must hold in the service's data on IDC
  sql_invariants:
    directory: "{{ service_journeys }}"
    server: "{{ db_idc }}"

- name: Rehearse it
  sql_invariants:
    directory: "{{ service_journeys }}"
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
  description: Every query with what it gave and its seconds.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
