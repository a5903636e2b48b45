"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_quarantine
short_description: Keep what RDS changed apart from IDC, and apply what a person approved
description:
  - For the strategy stop-first, where RDS's data is going bad and must not flow back by itself.
  - C(state=collected) fetches RDS's binary logs from the cut-over to FINAL as they are, with their SHA-256, proves
        that none is
      missing, decodes them, and judges each changed row against IDC as it is now - C(clean), C(conflict) or C(set
      aside), with
      the reason, and for a conflict with the three values. Statements (changes of shape) are listed and never run.
  - It writes C(raw/), C(changes.jsonl), C(verdicts.jsonl), C(statements.jsonl), C(summary.json) and C(summary.md) into
      I(directory), all of mode 0600. They hold the service's data.
  - C(state=applied) applies the tables and classes that an approval names, for exactly this change set (its
        SHA-256). RDS's
      transactions stay transactions, in order. Each row is locked and compared with what RDS had before; if one no
      longer
      fits, nothing of its transaction is applied.
  - Rows are stored by MySQL's applier (C(BINLOG) statements). IDC's triggers do not fire, because what RDS's
        triggers did is
      among the rows; foreign keys are checked.
  - What was applied is noted in schema C(rollback_runner_quarantine) on IDC in the same transaction. A second run
        applies only
      what is missing. Every row is accounted for - applied, already, conflict or set aside.
options:
  state:
    description: What to reach. V(found) only reads the index; mysql_promote verifies the files.
    type: str
    choices: [collected, found, applied]
    default: collected
  aws:
    description: RDS, the same keys; its account needs REPLICATION SLAVE and REPLICATION CLIENT. Only to collect.
    type: dict
  directory:
    description: Where everything is kept, on the controller. One directory per run.
    type: str
    required: true
  schemas:
    description: The schemas of the service. Changes elsewhere stay in the raw logs.
    type: list
    elements: str
    required: true
  cutover_gtid:
    description: GTID set at the cut-over. Only to collect.
    type: str
    default: ""
  final:
    description: FINAL, the GTID set at which RDS was proven closed; empty only in a rehearsal.
    type: str
    default: ""
  approval:
    description:
      - JSON file with C(run), C(digest), C(approved_by), C(reason), C(tables), C(classes) (C(clean), C(insert_only))
            and
          C(cascades) (whether deletes may take rows of IDC with them by a foreign key).
    type: str
    default: ""
extends_documentation_fragment:
  - failback.idc
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Keep what RDS changed
  mysql_quarantine:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    directory: "{{ quarantine_directory }}"
    schemas: "{{ db_schemas }}"
    cutover_gtid: "{{ db_cutover_gtid }}"
    final: "{{ rds_final.gtid }}"

- name: Say what an approval would do
  mysql_quarantine:
    state: applied
    idc: "{{ db_idc }}"
    directory: "{{ quarantine_directory }}"
    schemas: "{{ db_schemas }}"
    approval: approvals/kim.json
  check_mode: true

- name: Apply what was approved
  mysql_quarantine:
    state: applied
    idc: "{{ db_idc }}"
    directory: "{{ quarantine_directory }}"
    schemas: "{{ db_schemas }}"
    approval: approvals/kim.json
"""

RETURN = r"""
changed:
  description: Whether logs were fetched, or rows applied.
  type: bool
  returned: always
before:
  description: The index of what was kept before, or how much was applied before.
  type: dict
  returned: always
after:
  description: The index now, or rows by outcome - applied, already, conflict, set aside.
  type: dict
  returned: always
evidence:
  description: Files with SHA-256, digest of the change set, counts by table and verdict, the approval, seconds.
  type: dict
  returned: always
"""
