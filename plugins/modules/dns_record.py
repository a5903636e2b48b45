"""Documentation of dns_record. The work is done in plugins/action/dns_record.py, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dns_record
short_description: Change the value or the TTL of service names unless somebody else changed them
description:
  - Reads each record where it is changed, refuses one that leads to neither side, changes it by compare-and-swap and
    reads it again.
  - Provider V(rfc2136) is a TSIG-signed update with a prerequisite on the old value. Provider V(route53) is one batch
    of DELETE and CREATE, then GetChange until INSYNC.
  - With side V(present) only the TTL changes. It is lowered before a switch, so that caches follow the switch at once,
    and put back afterwards, or when the switch is given up.
  - A record that fails stops no other, and no record waits for another one to be published.
options:
  servers:
    description: Settings per provider. Keys of rfc2136 are server, port, zone, key_name, key_algorithm, key_file; of
      route53 zone_id, endpoint_url, region, credentials_file, profile.
    type: dict
    required: true
  side:
    description: The side that the names shall lead to; V(present) leaves the values alone.
    type: str
    choices: [idc, aws, present]
    required: true
  ttl:
    description: The TTL. V(site) is that of the record's entry, given with a new value only. V(low) is O(low_ttl),
      given with a new value, and with side V(present) to records that lead to AWS and have a longer one. V(back) is
      that of the record's entry again, for records that have O(low_ttl).
    type: str
    choices: [site, low, back]
    default: site
  low_ttl:
    description: The lowered TTL in seconds, never more than the record's own; 0 lowers nothing.
    type: int
    default: 0
  lowered:
    description: The old answers, by name, as dns_expiry reported them after lowering; for worst_stale_seconds.
    type: dict
    default: {}
  silence:
    description: Whether a silent server or API is a failure or only told.
    type: str
    choices: [fail, tell]
    default: fail
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
extends_documentation_fragment:
  - failback.dns
  - failback.acts
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

- name: SWITCH-03 | Lower the TTL of the service names
  dns_record:
    records: "{{ dns_records }}"
    servers: "{{ dns_servers }}"
    side: present
    ttl: low
    low_ttl: 1

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
    answer once it is given out no more.
  returned: always
  type: dict
refused:
  description: On failure, whether a gate said no (true) or something broke (false).
  returned: failure
  type: bool
"""
