"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: record_verdict
short_description: Fail a job whose record does not prove the phase
description:
  - >-
    The last task of every phase. In a job that keeps its own record (AWX, or RR_RECORD=1) it fails where an item
    is not proven, though no task failed, with the run, its status, the first reason and where the report is.
  - >-
    Under rollback-runner, which judges the run itself, it passes. Where nobody keeps a record it refuses, for
    nothing is proven then.
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Check that all of it is proven
  record_verdict:
"""

RETURN = r"""
evidence:
  description: "V(asked), V(run) and V(status)."
  returned: always
  type: dict
"""
