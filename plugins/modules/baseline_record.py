"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: baseline_record
short_description: Record what a host is like before a migration
description:
  - Reads network, files, containers and resources of a host, the settings of a database, or the latency of the
    service, and writes one file of mode 0600 with its own digest.
  - A baseline that is there is kept.
options:
  of:
    description: What is recorded - a host over SSH, the settings of a database, the latency of the service.
    type: str
    choices: [host, database, service]
    required: true
  sample:
    description: Seconds over which CPU and disk traffic are measured.
    type: float
    default: 1.0
  server:
    description: IDC MySQL, as in db_idc.
    type: dict
    default: {}
  settings:
    description: Names of MySQL settings; empty for those that matter.
    type: list
    elements: str
    default: []
  doors:
    description: The front doors, as in service_front_doors.
    type: list
    elements: dict
    default: []
  paths:
    description: Paths that are asked in turn; they must only look.
    type: list
    elements: str
    default: []
  renew:
    description: Record anew where there is a baseline already; the former file is kept beside it.
    type: bool
    default: false
extends_documentation_fragment:
  - failback.reader
  - failback.baseline
  - failback.containers_known
  - failback.files
  - failback.disks
  - failback.pace
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Record what a host is like before a migration
  baseline_record:
    baseline_directory: "{{ baseline_directory }}"
    of: host

- name: Rehearse it
  baseline_record:
    baseline_directory: "{{ baseline_directory }}"
    of: host
  check_mode: true

- name: The other way
  baseline_record:
    baseline_directory: "{{ baseline_directory }}"
    of: host
    renew: true
"""

RETURN = r"""
before:
  description: What was seen first, where there is something to compare.
  returned: always
  type: raw
after:
  description: What was seen last; in a rehearsal, what is foreseen.
  returned: always
  type: raw
evidence:
  description: The file, its digest, when it was recorded, and what could not be read and why.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
