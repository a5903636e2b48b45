"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: room
short_description: Tell whether there is room for what a rollback writes
description:
  - Reads only. Of a host - its disks and docker's own data, now and for the forecast. Of a database - what each way
    through would write, computed from both servers, RDS's binary logs and the backup, on every file system concerned.
  - Of the machine that runs the play - what several databases together write to one of its disks.
  - Runs with the connection of the database host (delegate_to) for a database.
  - What does not fit is returned as findings; the task does not fail.
options:
  of:
    description: What is looked at.
    type: str
    choices: [host, database, machine]
    required: true
  idc:
    description: IDC MySQL, as in db_idc.
    type: dict
    default: {}
  aws:
    description: RDS, as in db_aws.
    type: dict
    default: {}
  schemas:
    description: The schemas of the service.
    type: list
    elements: str
    default: []
  cutover_gtid:
    description: GTID set at the cut-over.
    type: str
    default: ""
  container:
    description: Container of IDC MySQL.
    type: str
    default: ""
  strategy:
    description: The way that is judged as a blocker; the others as a warning.
    type: str
    choices: [switch-first, restore-first, stop-first]
    default: switch-first
  backups:
    description: The chosen backup, or the sources in their order; the first that can be listed counts.
    type: list
    elements: dict
    default: []
  archive:
    description: Archived binary logs of IDC, as in backup_binlogs.
    type: dict
    default: {}
  backup_growth:
    description: How much larger restored data is than its backup; used where neither server tells its size.
    type: float
    default: 2.5
  workers:
    description: Tables whose indexes are built at the same time; 0 is four.
    type: int
    default: 4
  quarantine:
    description: Directory of the quarantine, on the machine that runs the play.
    type: str
    default: ""
  home:
    description: RR_HOME, where the record of a run is kept.
    type: str
    default: ""
  record_bytes:
    description: Bytes kept for the record, where no earlier run was larger.
    type: int
    default: 268435456
  margin:
    description: Share of what is needed that should be left over.
    type: float
    default: 0.25
  reserve:
    description: Bytes that should be left over.
    type: int
    default: 1073741824
  hours:
    description: Hours that what is left over should last while RDS goes on writing.
    type: float
    default: 24.0
  rooms:
    description: For V(machine), the evidence that this module gave for each database.
    type: list
    elements: dict
    default: []
extends_documentation_fragment:
  - failback.disks
  - failback.containers_known
  - failback.baseline_known
  - failback.least
  - failback.s3
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Tell how much room the disks of a host have
  room:
    of: host
    disks: [/, /var/lib/mysql]

- name: Tell whether there is room for what a rollback writes
  room:
    of: database
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    schemas: "{{ db_schemas }}"
    cutover_gtid: "{{ db_cutover_gtid }}"
    container: "{{ db_container }}"
  delegate_to: "{{ db_idc_host }}"
"""

RETURN = r"""
before:
  description: Nothing, for it only looks.
  returned: always
  type: raw
after:
  description: How many things were found.
  returned: always
  type: raw
evidence:
  description: Per file system needed, free and margin in bytes, and what it was computed from.
  returned: always
  type: dict
findings:
  description: What was found, each with severity, key, sentence and next_step.
  returned: when there are any
  type: list
"""
