"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: host_fitness
short_description: Tell whether a host, a database or all their clocks are fit for a rollback
description:
  - Reads only. Of a host - docker, containers, images by digest, differences from the baseline, file systems, what was
    killed for want of memory, time service and clock. Of a database - the clocks of both servers and the settings of
    IDC MySQL. Of the clocks - whether they agree with this machine's and each other.
  - What is wrong is returned as findings; the task does not fail.
options:
  of:
    description: What is looked at.
    type: str
    choices: [host, database, clocks]
    required: true
  paths:
    description: Paths that must take writes; the directories of files are looked at as well.
    type: list
    elements: str
    default: []
  absent_ok:
    description: Hosts that may be missing, each with the reason.
    type: dict
    default: {}
  started_by_plan:
    description: Containers that the plan starts or rebuilds itself.
    type: list
    elements: str
    default: []
  strategy:
    description: The way. One that restores excuses a container that waits for its database.
    type: str
    choices: [switch-first, restore-first, stop-first]
    default: switch-first
  database_host:
    description: Whether MySQL runs on the host.
    type: bool
    default: false
  docker_least:
    description: Oldest version of the docker engine that is not told.
    type: str
    default: "20.10"
  recent_boot:
    description: Seconds since the last boot below which it is told.
    type: float
    default: 86400.0
  swappiness:
    description: vm.swappiness of a database host above which it is told.
    type: int
    default: 10
  samples:
    description: Questions to each clock.
    type: int
    default: 8
  idc:
    description: IDC MySQL, as in db_idc.
    type: dict
    default: {}
  aws:
    description: RDS, as in db_aws.
    type: dict
    default: {}
  clocks:
    description: What the tasks before measured, each with name, offset and uncertainty in seconds.
    type: list
    elements: dict
    default: []
  clock_warning:
    description: Seconds two clocks may be apart before it is told.
    type: float
    default: 0.5
  clock_most:
    description: Seconds beyond which it is a blocker.
    type: float
    default: 5.0
extends_documentation_fragment:
  - failback.reader
  - failback.baseline_known
  - failback.containers_known
  - failback.files
  - failback.expected
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Tell whether a host is fit to serve
  host_fitness:
    of: host
    containers: "{{ service_containers }}"
    baseline_directory: "{{ baseline_directory }}"
  register: fitness_host

- name: Compare the clocks
  host_fitness:
    of: clocks
    clocks: "{{ groups['app_hosts'] | map('extract', hostvars, ['fitness_host', 'evidence', 'clock']) }}"
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
  description: All that was read, and the clock with its uncertainty.
  returned: always
  type: dict
findings:
  description: What was found, each with severity, key, sentence and next_step.
  returned: when there are any
  type: list
"""
