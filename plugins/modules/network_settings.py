"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: network_settings
short_description: Compare the network settings of a host with its baseline and put them back
description:
  - Routes, addresses, firewall rules, listening ports, hosts file and resolver. What may not be put back is refused
    with the exact command.
extends_documentation_fragment:
  - failback.reader
  - failback.baseline
  - failback.expected
  - failback.put_back
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Compare the network settings of a host with its baseline and put them back
  network_settings:
    baseline_directory: "{{ baseline_directory }}"

- name: Rehearse it
  network_settings:
    baseline_directory: "{{ baseline_directory }}"
  check_mode: true

- name: The other way
  network_settings:
    baseline_directory: "{{ baseline_directory }}"
    put_back: false
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
  description: Differences as unified diffs, those that are meant with their reason, what was done, refused and not
    readable.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
