"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: app_config
short_description: Write an application's configuration and have it read
description:
  - Writes the file by M(ansible.builtin.template) if it differs, then runs the site's reload command where asked to.
  - Each of the two acts is on record before and after it, and a runner whose lock was taken does neither.
options:
  template:
    description: The template, on this machine.
    type: str
    required: true
  path:
    description: Where the host keeps the configuration.
    type: str
    required: true
  mode:
    description: The file's mode.
    type: str
    default: "0644"
  reload_command:
    description: Makes the application read its configuration again, one word an entry, no shell.
    type: list
    elements: str
    required: true
  reload:
    description: Whether to run O(reload_command).
    type: bool
    required: true
  timeout:
    description: Seconds for the reload command.
    type: float
    default: 30.0
extends_documentation_fragment:
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Point the application at IDC
  app_config:
    template: templates/app.json.j2
    path: /etc/shop/app.json
    reload_command: [docker, kill, --signal, HUP, shop]
    reload: true

- name: Rehearse it
  app_config:
    template: templates/app.json.j2
    path: /etc/shop/app.json
    reload_command: [docker, kill, --signal, HUP, shop]
    reload: true
  check_mode: true
"""

RETURN = r"""
before:
  description: Whether the file was as wanted.
  returned: always
  type: raw
after:
  description: The same, and whether the application was told; in a rehearsal, what is foreseen.
  returned: always
  type: raw
evidence:
  description: The file's path.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
