"""Documentation of dns_answers. The work is done in plugins/action/dns_answers.py, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dns_answers
short_description: Check what every name server answers
description:
  - Asks every authoritative server and each resolver, and waits until they answer with the wanted side.
  - A resolver may keep an old answer as long as its TTL says. If that is longer than O(resolver_wait), it fails at
    once.
  - With side V(any) it looks once and refuses a record that leads to neither side; silent servers are warnings.
options:
  resolvers:
    description: Resolvers whose caches the users see.
    type: list
    elements: str
    default: []
  side:
    description: The side that the names must lead to.
    type: str
    choices: [idc, aws, any]
    required: true
  timeout:
    description: Seconds for one question.
    type: float
    default: 2.0
  authoritative_wait:
    description: Seconds until every authoritative server must agree.
    type: float
    default: 30.0
  resolver_wait:
    description: Seconds to wait for resolvers.
    type: float
    default: 60.0
  resolvers_required:
    description: Whether a resolver with an old answer is a failure or only on record.
    type: bool
    default: true
extends_documentation_fragment:
  - failback.dns
  - failback.looks
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: SWITCH-03 | Wait until every name server answers with IDC
  dns_answers:
    records: "{{ dns_records }}"
    authoritative: "{{ dns_authoritative }}"
    resolvers: "{{ dns_resolvers }}"
    side: idc

- name: SWITCH-03 | Read what everybody answers now
  dns_answers:
    records: "{{ dns_records }}"
    authoritative: "{{ dns_authoritative }}"
    side: any
  check_mode: true

- name: SWITCH-03 | Check that the names lead to AWS again
  dns_answers:
    records: "{{ dns_records }}"
    authoritative: "{{ dns_authoritative }}"
    side: aws
"""

RETURN = r"""
---
before:
  description: What was seen first.
  returned: always
  type: raw
after:
  description: What was seen at the end, or in check mode what would be.
  returned: always
  type: raw
evidence:
  description: Every answer with its TTL and time, stale_seconds (longest TTL left of an old answer), seconds waited.
  returned: always
  type: dict
refused:
  description: On failure, whether a gate said no (true) or something broke (false).
  returned: failure
  type: bool
"""
