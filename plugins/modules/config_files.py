"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: config_files
short_description: Compare service configuration files of a host with its baseline and put them back
description:
  - Content, mode and owner. A secret file is compared by its digest. What may not be put back is refused with the
    exact command.
extends_documentation_fragment:
  - failback.reader
  - failback.baseline
  - failback.expected
  - failback.put_back
  - failback.files
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Compare service configuration files of a host with its baseline and put them back
  config_files:
    baseline_directory: "{{ baseline_directory }}"
    files: "{{ baseline_files }}"

- name: Rehearse it
  config_files:
    baseline_directory: "{{ baseline_directory }}"
    files: "{{ baseline_files }}"
  check_mode: true

- name: The other way
  config_files:
    baseline_directory: "{{ baseline_directory }}"
    files: "{{ baseline_files }}"
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
