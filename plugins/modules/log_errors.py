"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: log_errors
short_description: Find the kinds of errors in logs, and which are new
description:
  - Reads the logs of this host's containers and files, or MySQL's error log, from the promotion on. What
    differs from case to case is taken out of each line, so equal errors are one kind.
  - A kind that was there before the migration, or that the site expects, is not new.
options:
  files:
    description: Log files of the host.
    type: list
    elements: str
    default: []
  server:
    description: IDC MySQL, as in db_idc, whose error log is read.
    type: dict
    default: {}
  known:
    description: "Errors that may be, as in watching_known_errors: pattern, because, hosts."
    type: list
    elements: dict
    default: []
  window:
    description: Seconds of the past that are read where no promotion is on record, or to record.
    type: float
    default: 3600.0
  quiet:
    description: Seconds after its last case that a new error counts as over.
    type: float
    default: 900.0
  most_lines:
    description: Lines read of one log, the newest.
    type: int
    default: 20000
  timeout:
    description: Seconds one log has to be read.
    type: float
    default: 30.0
  record:
    description: Record the kinds that are there as usual, instead of judging them.
    type: bool
    default: false
  renew:
    description: Record anew where something is on record already; the former file is kept beside it.
    type: bool
    default: false
extends_documentation_fragment:
  - failback.containers_known
  - failback.baseline_known
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Find the kinds of errors in logs, and which are new
  log_errors:
    containers: "{{ service_containers }}"
    baseline_directory: "{{ baseline_directory }}"

- name: Rehearse it
  log_errors:
    containers: "{{ service_containers }}"
    baseline_directory: "{{ baseline_directory }}"
  check_mode: true
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
  description: Lines read per log, kinds of errors with count and a case, which are new, usual or expected.
  returned: always
  type: dict
findings:
  description: What a person must know; blockers fail the item.
  returned: when there are any
  type: list
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
