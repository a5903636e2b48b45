"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: rds_parameter
short_description: Set read_only in the parameter group of RDS and see it take effect
description:
  - "The API's answer proves nothing: the task ends when the server itself shows the value."
  - Refuses a default, shared, detached or not modifiable group.
options:
  instance:
    description: Identifier of the RDS instance.
    type: str
    required: true
  group:
    description: The instance's own parameter group.
    type: str
    required: true
  read_only:
    description: The value wanted.
    type: bool
    required: true
  server:
    description: "The server to look at: host, port, user, password_file, ca_file, server_uuid."
    type: dict
    required: true
  timeout:
    description: Seconds RDS gets to show the value.
    type: float
    default: 120.0
  wait:
    description: Whether to wait for it.
    type: bool
    default: true
extends_documentation_fragment:
  - failback.aws_api
  - failback.aws_login
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Make RDS read-only
  rds_parameter:
    region: "{{ aws_region }}"
    instance: "{{ aws_db_instance }}"
    group: "{{ aws_parameter_group }}"
    server: "{{ db_aws }}"
    read_only: true

- name: Rehearse it
  rds_parameter:
    region: "{{ aws_region }}"
    instance: "{{ aws_db_instance }}"
    group: "{{ aws_parameter_group }}"
    server: "{{ db_aws }}"
    read_only: true
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
