"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_replay
short_description: Bring a restored IDC from the backup's position up to the cut-over
description:
  - Applies IDC's own archived binary logs to an IDC server that was restored from a backup older than the cut-over.
  - The archive is proven first, every byte of it - no file missing, each one's GTIDs following the one before, every
        event's
      checksum, and the digests of the archive's C(index.json) where there is one. Nothing is touched until then.
  - The files are put where the server keeps the relay logs of a channel C(rr_replay), and the server's own applier
        takes
      them, several workers at once, under C(super_read_only). It stops at the cut-over, since nothing beyond is
      given to it.
  - Each transaction is applied once, by its GTID - a run that was killed goes on where it stopped.
  - Where the server's history says more than its restored data has, the history is set back to the backup's position
        first
      (C(RESET BINARY LOGS AND GTIDS)), once, and only if the server holds nothing else.
  - Account statements are left out (schema C(mysql)), and tables of schemas that were not restored.
  - Runs with the connection of the database host (C(delegate_to)), which needs docker.
options:
  aws:
    description: RDS, the same keys. Where its own binary logs reach back far enough, no replay is needed.
    type: dict
  container:
    description: The IDC server's container on the database host.
    type: str
    required: true
  archive:
    description: Where the binary logs are - C(url), a path on the controller, C(ssh://HOST/path) or
      C(s3://bucket/prefix).
    type: dict
    default: {}
  s3:
    description: How to reach S3 - C(region), C(endpoint_url), C(credentials_file), C(profile).
    type: dict
    default: {}
  position:
    description: GTID set of the backup that was restored. Empty when the server's own history is right already.
    type: str
    default: ""
  cutover_gtid:
    description: GTID set of IDC at the cut-over.
    type: str
    required: true
  schemas:
    description: The schemas that were restored.
    type: list
    elements: str
    required: true
  timeout:
    description: Seconds the applier gets.
    type: float
    default: 1800
extends_documentation_fragment:
  - failback.decrypt
  - failback.idc
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Apply what lies between the backup and the cut-over
  mysql_replay:
    idc: "{{ db_idc }}"
    container: "{{ db_container }}"
    archive: "{{ backup_binlogs }}"
    position: "{{ rr_restored.position }}"
    cutover_gtid: "{{ db_cutover_gtid }}"
    schemas: "{{ db_schemas }}"
  delegate_to: "{{ db_idc_host }}"

- name: Say what would be applied
  mysql_replay:
    idc: "{{ db_idc }}"
    container: "{{ db_container }}"
    archive: {url: /backup/binlogs}
    cutover_gtid: "{{ db_cutover_gtid }}"
    schemas: [shop]
  check_mode: true
"""

RETURN = r"""
changed:
  description: Whether transactions were applied, or the history set.
  type: bool
  returned: always
before:
  description: GTID set of IDC, and how many transactions it lacked up to the cut-over.
  type: dict
  returned: always
after:
  description: The same afterwards, as read from the server.
  type: dict
  returned: always
evidence:
  description: Why, files with their SHA-256, transactions and their rate, statements in between, schemas left out,
    seconds.
  type: dict
  returned: always
"""
