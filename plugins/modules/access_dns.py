"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: access_dns
short_description: Find out whether the DNS key may change the names
description:
  - Sends, for each name, a signed update that takes away a value the record does not have, on condition that it
    has the values it has. The policy is judged, nothing is written, the zone's serial stays.
options:
  records:
    description: The names that lead to a side.
    type: list
    elements: dict
    required: true
  servers:
    description: Where and how records are changed, by provider.
    type: dict
    required: true
  authoritative:
    description: Authoritative servers of records that name none.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds each answer gets.
    type: float
    default: 5.0
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Look at the key
  access_dns:
    records: "{{ dns_records }}"
    servers: "{{ dns_servers }}"

- name: Rehearse it, which does the same
  access_dns:
    records: "{{ dns_records }}"
    servers: "{{ dns_servers }}"
  check_mode: true
"""

RETURN = r"""
before:
  description: Always empty; nothing is changed.
  returned: always
  type: raw
after:
  description: Whether nothing is missing.
  returned: always
  type: dict
evidence:
  description: "names: name, key, and whether it may be changed."
  returned: always
  type: dict
findings:
  description: "What is missing: severity, key, sentence, and the very command, grant or policy line that clears it."
  returned: when something is missing
  type: list
  elements: dict
"""
