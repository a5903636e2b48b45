"""Documentation of dns_record. The work is done in plugins/action/dns_record.py, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dns_record
short_description: Point service names at one side unless somebody else changed them
description:
  - Reads each record where it is changed, refuses one that leads to neither side, changes it by compare-and-swap and
    reads it again.
  - Provider V(rfc2136) is a TSIG-signed update with a prerequisite on the old value. Provider V(route53) is one batch
    of DELETE and CREATE, then GetChange until INSYNC.
  - A record that fails stops no other.
options:
  records:
    description: The names that lead to a side. Keys are name, type (A or AAAA), idc, aws, ttl, provider and
      authoritative.
    type: list
    elements: dict
    required: true
  authoritative:
    description: Authoritative servers of records that name none, as address or address:port.
    type: list
    elements: str
    default: []
  servers:
    description: Settings per provider. Keys of rfc2136 are server, port, zone, key_name, key_algorithm, key_file; of
      route53 zone_id, endpoint_url, region, credentials_file, profile.
    type: dict
    required: true
  side:
    description: The side that the names shall lead to.
    type: str
    choices: [idc, aws]
    required: true
  timeout:
    description: Seconds for one question or change.
    type: float
    default: 5.0
  sync_timeout:
    description: Seconds until Route 53 must say INSYNC.
    type: float
    default: 90.0
  probe:
    description: Only prove that the key may change the records, by an update that changes nothing.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Reads and plans everything, touches nothing.
  diff_mode:
    support: full
    description: Shows the values before and after.
  idempotent:
    support: full
    description: A second run finds everything done and is unchanged.
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: SWITCH-03 | Point the service names at IDC
  dns_record:
    records: "{{ dns_records }}"
    servers: "{{ dns_servers }}"
    side: idc

- name: SWITCH-03 | Read what would change
  dns_record:
    records: "{{ dns_records }}"
    servers: "{{ dns_servers }}"
    side: idc
  check_mode: true

- name: SWITCH-03 | Point the service names back at AWS
  dns_record:
    records: "{{ dns_records }}"
    servers: "{{ dns_servers }}"
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
  description: Per record the provider, TTLs, and worst_stale_seconds, the longest that any cache may keep the old
    value.
  returned: always
  type: dict
refused:
  description: On failure, whether a gate said no (true) or something broke (false).
  returned: failure
  type: bool
"""
