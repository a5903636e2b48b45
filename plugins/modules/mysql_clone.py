"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_clone
short_description: Copy a standby into the empty IDC server through MySQL's CLONE plugin
description:
  - Compares donor and recipient first (version, build, plugins, character set, page size, packet size, accounts, room,
      and what the donor's GTID position holds), then clones over TLS.
  - The plugin is loaded on both where it is missing, and taken away again. A server in a container cannot restart
      itself, so the container is started. The donor's replication does not start on IDC and is removed there.
  - Data on IDC is never cloned over.
options:
  name:
    description: The MySQL container of IDC.
    type: str
    required: true
  mysql:
    description: "IDC MySQL: host, port, user, password_file, ca_file, server_uuid."
    type: dict
    required: true
  donor:
    description: The standby, the same keys. Host and port are as IDC reaches them, and as this machine does.
    type: dict
    required: true
  cutover_gtid:
    description: GTID set at the cut-over. The donor may hold nothing beyond it, but what O(aws) has.
    type: str
    default: ""
  aws:
    description: RDS, the same keys, where what it did since the cut-over is trusted.
    type: dict
  schemas:
    description: Schemas the donor must hold.
    type: list
    elements: str
    default: []
  require_tls:
    description: Whether the copy travels over TLS only.
    type: bool
    default: true
  timeout:
    description: Seconds until a started server must answer.
    type: float
    default: 120
  clone_timeout:
    description: Seconds after which copying is given up.
    type: float
    default: 3600
extends_documentation_fragment:
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Copy the standby
  mysql_clone:
    name: idc-db1-mysql
    mysql: "{{ db_idc }}"
    donor: "{{ db_standby }}"

- name: Rehearse it
  mysql_clone:
    name: idc-db1-mysql
    mysql: "{{ db_idc }}"
    donor: "{{ db_standby }}"
  check_mode: true

- name: Copy a standby that must hold nothing of RDS
  mysql_clone:
    name: idc-db1-mysql
    mysql: "{{ db_idc }}"
    donor: "{{ db_standby }}"
    cutover_gtid: "{{ db_cutover_gtid }}"
"""

RETURN = r"""
before:
  description: The recipient as it was seen first.
  returned: always
  type: dict
after:
  description: The recipient at the end; in a rehearsal, what would be done.
  returned: always
  type: dict
evidence:
  description: The donor, findings about it, room, the clone's own status and stages, durations in seconds.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
