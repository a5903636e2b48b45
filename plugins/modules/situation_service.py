"""Documentation of the action plugin of the same name, which does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: situation_service
short_description: Read what the name servers answer and how the front doors serve
description:
  - Asks every authoritative server, and every resolver without recursion, so that no cache is filled.
  - Asks each front door at a fixed pace for p50 and p95, its health endpoints, and which database it leads to.
options:
  resolvers:
    description: Resolvers whose caches the users see.
    type: list
    elements: str
    default: []
  doors:
    description: Every way in, as in service_front_doors.
    type: list
    elements: dict
    required: true
  health:
    description: Health endpoints, each with path and status.
    type: list
    elements: dict
    default: []
  paths:
    description: Paths that are asked for their time; they must only look.
    type: list
    elements: str
    default: []
  whoami:
    description: Path that tells the server_uuid of the database in use.
    type: str
    default: ""
  rate:
    description: Requests a second through each door.
    type: float
    default: 10.0
  window:
    description: Seconds each door is asked.
    type: float
    default: 2.0
  timeout:
    description: Seconds for one question.
    type: float
    default: 3.0
extends_documentation_fragment:
  - failback.dns
  - failback.looks
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: SIT-03 | Read what the name servers answer and how the doors serve
  situation_service:
    records: "{{ dns_records }}"
    authoritative: "{{ dns_authoritative }}"
    resolvers: "{{ dns_resolvers }}"
    doors: "{{ service_front_doors }}"
    health: "{{ service_health }}"
    paths: "{{ service_probe_paths }}"
"""

RETURN = r"""
---
after:
  description: Nothing; what was seen is in the evidence.
  returned: always
  type: raw
evidence:
  description: names with every answer and TTL, doors with figures, health and server_uuid.
  returned: always
  type: dict
"""
