"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_restore
short_description: Restore a backup into IDC MySQL, one stage at a time
description:
  - Reads mysqldump text, mydumper and mysqldump --tab directories and MySQL Shell dumps, from a path, C(ssh://HOST/path)
      or C(s3://bucket/prefix), and loads the rows by several sessions at once.
  - The stages in their order are V(schema), V(data), V(indexes), V(foreign_keys), V(programs) and V(finish). Each can
      be run again; after a kill it goes on behind the last piece of rows that was loaded.
  - Whatever stands in the way, or cannot be taken by this server, is refused by V(schema) before anything is touched.
  - Progress lies in C(progress/HOST.json) in the run's directory, and the command shows it.
options:
  idc:
    description: "The server to restore to: host, port, user, password_file, ca_file, server_uuid."
    type: dict
    required: true
  stage:
    description: Which stage to run.
    type: str
    required: true
    choices: [schema, data, indexes, foreign_keys, programs, finish]
  backup:
    description: Where the backup lies.
    type: str
    required: true
  digest:
    description: Digest of the backup's bytes as its verification gave it; part of what the backup is known by.
    type: str
    default: ""
  schemas:
    description: Schemas to restore; empty is all of the backup.
    type: list
    elements: str
    default: []
  tables:
    description: Tables to restore, as schema.table; empty is all of the schemas.
    type: list
    elements: str
    default: []
  workers:
    description: Sessions that load at the same time; 0 is the server's cores, at most 4.
    type: int
    default: 0
  fast:
    description: Redo log and flushing off while loading, only where the server holds nothing else.
    type: bool
    default: true
  replace:
    description: Move aside what stands in the way, instead of refusing. Tables are renamed, never dropped.
    type: bool
    default: false
  restart:
    description: Drop what an unfinished restore of another backup made, and begin anew. Nothing else is dropped.
    type: bool
    default: false
  read_only:
    description: Leave the server with super_read_only on.
    type: bool
    default: true
  set_gtid:
    description: Add the backup's GTID set to gtid_purged, so that replication can go on from there.
    type: bool
    default: true
  budget:
    description: Seconds the restore may take; a forecast beyond it is told at once.
    type: float
    default: 3600
extends_documentation_fragment:
  - failback.s3
  - failback.decrypt
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Make the tables
  mysql_restore:
    idc: "{{ db_idc }}"
    backup: /var/backups/mysql/full
    stage: schema

- name: Rehearse the loading of the rows
  mysql_restore:
    idc: "{{ db_idc }}"
    backup: /var/backups/mysql/full
    stage: data
  check_mode: true

- name: Give up an unfinished restore for an older backup
  mysql_restore:
    idc: "{{ db_idc }}"
    backup: /var/backups/mysql/older
    stage: schema
    restart: true
"""

RETURN = r"""
before:
  description: Counts and settings as they were.
  returned: always
  type: dict
after:
  description: The same as seen afterwards; in a rehearsal, what is foreseen.
  returned: always
  type: dict
evidence:
  description: Counts, rows by table, seconds, rates, settings before and after, remarks, orphan rows.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
