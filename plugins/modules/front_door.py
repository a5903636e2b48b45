"""Documentation of front_door. The work is done in plugins/action/front_door.py, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: front_door
short_description: Prove from outside that IDC serves
description:
  - Asks each front door who serves, by the server_uuid of the database behind it, and its health endpoints.
  - With O(marker) it writes one row through each door and finds it on IDC over SQL, exactly once.
  - Redirects, cached answers and answers from another database do not count.
options:
  doors:
    description: Every way in. Keys are name, url, host_header and ca_file.
    type: list
    elements: dict
    required: true
  idc:
    description: IDC MySQL. Keys are host, port, user, password_file, ca_file and server_uuid.
    type: dict
    required: true
  aws_server_uuid:
    description: The server_uuid of RDS, to name it when it is still the one that serves.
    type: str
    default: ""
  whoami_path:
    description: Path whose JSON answer has server_uuid; empty to leave this out.
    type: str
    default: ""
  times:
    description: How often each door is asked who serves.
    type: int
    default: 4
  health:
    description: Health endpoints. Keys are path and status.
    type: list
    elements: dict
    default: []
  marker:
    description: Where a marker is posted (path) and kept (schema, table, column); empty to write none.
    type: dict
    default: {}
  timeout:
    description: Seconds for one request.
    type: float
    default: 5.0
  marker_wait:
    description: Seconds until a marker must be found on IDC.
    type: float
    default: 3.0
  only_look:
    description: Ask no door; see that IDC has the table and column that the markers will be looked for in.
    type: bool
    default: false
extends_documentation_fragment:
  - failback.looks
author:
  - The rollback-runner project
"""

EXAMPLES = r"""
---
- name: SWITCH-04 | Check that every front door is served from IDC
  front_door:
    doors: "{{ service_front_doors }}"
    idc: "{{ db_idc }}"
    whoami_path: /api/whoami

- name: SWITCH-04 | Read what a rehearsal would find
  front_door:
    doors: "{{ service_front_doors }}"
    idc: "{{ db_idc }}"
    whoami_path: /api/whoami
  check_mode: true

- name: SWITCH-05 | Write a marker through every front door
  front_door:
    doors: "{{ service_front_doors }}"
    idc: "{{ db_idc }}"
    marker: {path: /api/markers, schema: shop, table: markers, column: token}
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
  description: Per door the statuses, times, host names and server_uuids seen, and its marker.
  returned: always
  type: dict
refused:
  description: On failure, whether a gate said no (true) or something broke (false).
  returned: failure
  type: bool
"""
