"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: backup_verify
short_description: Choose the backup to restore from, the first in the order given that can be used
description:
  - Reads each backup completely and judges it by its format, until one is sound. What made it is recognised by content.
  - Goes on to the next, as M(backup_check) would, where a sound one is of another server's history, does not say its
    position, or broke off when the same bytes were last restored.
  - mysqldump (text, gzip, zstd; a file, or a directory with one per database), mydumper, mysqldump --tab, MySQL Shell.
  - A manifest.json beside the backup is checked too, file by file and table by table.
  - Why a source was not used is in the evidence.
options:
  sources:
    description: "In order of preference: V(name), V(url) (a path, ssh://HOST/path, s3://bucket/prefix), and V(manifest)
      (where its manifest lies, when not beside it)."
    type: list
    elements: dict
    required: true
  schemas:
    description: Databases the backup must hold.
    type: list
    elements: str
    default: []
  server_version:
    description: Version of the server to restore into; a backup of a newer release is refused. Empty, it is not judged.
    type: str
    default: ""
  max_age:
    description: Seconds; an older backup is named as such. V(0) is no limit.
    type: float
    default: 0.0
  refuse_older:
    description: Refuse an older backup instead of naming it.
    type: bool
    default: false
  memory:
    description: File in which verifications are remembered, so that an unchanged backup is not read again.
    type: str
    default: ""
  aws:
    description: RDS; only its server_uuid is used. Its transactions in a backup are no stranger's.
    type: dict
    default: {}
  cutover_gtid:
    description: What IDC had executed at the cut-over. Empty, neither history nor position are judged.
    type: str
    default: ""
  proofs:
    description: Directory on this machine with the proofs. Empty, none is known.
    type: str
    default: ""
extends_documentation_fragment:
  - failback.s3
  - failback.decrypt
  - failback.dump_zone
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Choose the backup
  backup_verify:
    sources: "{{ backup_sources }}"
    schemas: "{{ db_schemas }}"

- name: Rehearse it
  backup_verify:
    sources: "{{ backup_sources }}"
    schemas: "{{ db_schemas }}"
  check_mode: true
"""

RETURN = r"""
before:
  description: Always empty.
  returned: always
  type: raw
after:
  description: The chosen backup with name, url, digest, format, taken_at and gtid.
  returned: always
  type: raw
evidence:
  description: The chosen backup, and every source with what was found or why it was not used.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
