"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_compare
short_description: Compare IDC with RDS, or with a manifest, down to the row
description:
  - Compares every definition (tables with columns, indexes, foreign keys, checks and partitions; views, routines,
      triggers, events), then every row of every table by SHA2-256 digests over chunks, on both servers at once.
  - Differences are narrowed to rows and named by table, key and column. An error on either side is a failure, never
      equality.
  - Once IDC is open it has moved on from FINAL. Differences must then be explained by its own binary log, row by row.
  - Interrupted inside a run, the next call goes on after the last chunk that was proven equal.
options:
  aws:
    description: RDS, the same keys; not needed with a manifest.
    type: dict
    default: {}
  manifest:
    description: Compare IDC with this manifest instead of RDS.
    type: str
    default: ""
  allowed_signers:
    description: File of allowed signers; with it the manifest must carry the signature of one of them.
    type: str
    default: ""
  record:
    description: Do not compare; write a manifest of IDC to this file.
    type: str
    default: ""
  sign_key:
    description: Private key (or public key with the private one in the agent) to sign the recorded manifest with.
    type: str
    default: ""
  final:
    description: FINAL, the GTID set at which RDS was proven closed.
    type: str
    default: ""
  schemas:
    description: The application's schemas; those of the manifest where one is given.
    type: list
    elements: str
    default: []
  tables:
    description: Only these tables, as schema.table; empty means all.
    type: list
    elements: str
    default: []
  mode:
    description: V(strict) wants equality, V(explained) wants every difference explained by IDC's binary log; V(auto)
      takes V(strict) while IDC is read-only.
    type: str
    choices: [auto, strict, explained]
    default: auto
  workers:
    description: Connections that read, on each server.
    type: int
    default: 2
  chunk_rows:
    description: Rows of a chunk, fewer where rows are large.
    type: int
    default: 50000
  named:
    description: Differing rows shown of each table; the counts are exact.
    type: int
    default: 20
  max_running:
    description: Other threads running on a server above which the comparison holds back; 0 means never.
    type: int
    default: 0
  timeout:
    description: Seconds for one chunk; a table without a key is one chunk.
    type: float
    default: 900.0
  budget:
    description: Seconds of the phase, for the forecast that the command shows.
    type: float
    default: 0.0
  accept_loss:
    description: Why the loss of what RDS has is accepted; only looked at when RDS does not answer.
    type: str
    default: ""
  renew:
    description: Record anew where there is a record already; false keeps it.
    type: bool
    default: true
extends_documentation_fragment:
  - failback.idc
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Compare everything
  mysql_compare:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    final: "{{ rds_final.gtid }}"
    schemas: "{{ db_schemas }}"

- name: Rehearse it
  mysql_compare:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    schemas: "{{ db_schemas }}"
  check_mode: true

- name: Prove a restore without the old server
  mysql_compare:
    idc: "{{ db_idc }}"
    manifest: /var/backups/shop.manifest.json
    allowed_signers: /etc/rollback-runner/signers
"""

RETURN = r"""
before:
  description: What was seen first.
  returned: always
  type: raw
after:
  description: Whether all is equal; in a rehearsal, whether the definitions are.
  returned: always
  type: raw
evidence:
  description: Of each table rows, digest, method and seconds; every difference by name.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
