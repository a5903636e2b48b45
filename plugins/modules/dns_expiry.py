"""Documentation of dns_expiry. The work is done in plugins/action/dns_expiry.py, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dns_expiry
short_description: Wait until no cache can have an old answer any more
description:
  - A cache keeps an answer for the TTL it was given. So the last old answer ends one old TTL after the moment from
    which no authoritative server gives it out any more. That moment is looked for here.
  - What cannot end within O(wait_timeout) is not waited for, but told. This never fails.
options:
  old:
    description: Per name worst_stale_seconds and given_out_until, from the evidence of dns_record, or from what this
      returned before as old.
    type: dict
    required: true
  side:
    description: The side that the new answer leads to; V(present) when only the TTL is new.
    type: str
    choices: [idc, aws, present]
    default: present
  low_ttl:
    description: The TTL of the new answer in seconds, never more than the record's own; 0 is the record's own.
    type: int
    default: 0
  names:
    description: The names to wait for. The others are looked at and told.
    type: list
    elements: str
    required: true
  wait_timeout:
    description: Seconds to wait at most; 0 only looks.
    type: float
    default: 0.0
  timeout:
    description: Seconds for one question.
    type: float
    default: 2.0
extends_documentation_fragment:
  - failback.dns
  - failback.looks
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: SWITCH-03 | Wait until SQL clients look the name up again every second
  dns_expiry:
    records: "{{ dns_records }}"
    authoritative: "{{ dns_authoritative }}"
    old: "{{ lowered.evidence }}"
    low_ttl: 1
    names: [db.shop.example.org]
    wait_timeout: 15

- name: SWITCH-03 | Read how long old answers may last
  dns_expiry:
    records: "{{ dns_records }}"
    authoritative: "{{ dns_authoritative }}"
    old: "{{ lowered.evidence }}"
    low_ttl: 1
    names: []
  check_mode: true
"""

RETURN = r"""
---
before:
  description: Nothing.
  returned: always
  type: raw
after:
  description: The seconds that each old answer may still last, by name.
  returned: always
  type: raw
evidence:
  description: The old answers, how long each may still last (stale_seconds), and the seconds waited.
  returned: always
  type: dict
"""
