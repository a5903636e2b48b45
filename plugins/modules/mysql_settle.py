"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_settle
short_description: Remove the channel and let the events run on IDC
description:
  - Only on an IDC server that is open for writes. Removes our channel, enables the events that ran on RDS with
      their definer kept, turns the event scheduler on (persisted).
  - An event whose definer has no account on IDC stays off and is named; so does every waiting event when RDS does
      not answer.
extends_documentation_fragment:
  - failback.idc
  - failback.aws
  - failback.schemas
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Settle
  mysql_settle:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    schemas: "{{ db_schemas }}"

- name: Rehearse it
  mysql_settle:
    idc: "{{ db_idc }}"
    aws: "{{ db_aws }}"
    schemas: "{{ db_schemas }}"
  check_mode: true
"""

RETURN = r"""
before:
  description: What was seen first.
  returned: always
  type: raw
after:
  description: What was seen last; in a rehearsal, what is foreseen.
  returned: always
  type: raw
evidence:
  description: What was planned, done and seen, with durations in seconds.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
