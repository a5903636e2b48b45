"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: open_findings
short_description: Stop a phase that looked at everything, if something is open
description:
  - The tasks of the phase prepare go on after what they find, so that all of it is known at once. This one ends it.
  - Refuses with every blocker, named with its host. Fails as waiting when only people's words are missing.
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Stop because something must be cleared first
  open_findings:
"""

RETURN = r"""
evidence:
  description: "V(blockers) and V(waiting), one sentence each."
  returned: always
  type: dict
"""
