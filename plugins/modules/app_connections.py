"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: app_connections
short_description: See this host's application sessions on a server
description:
  - Waits until the server sees enough sessions of the account from the addresses of this host.
options:
  server:
    description: The server to ask, with an administrator account.
    type: dict
    required: true
  app_user:
    description: The application's account.
    type: str
    required: true
  addresses:
    description: Addresses of this host, or names, as the server sees them; a name that it gave to an address is known
      to it.
    type: list
    elements: str
    required: true
  at_least:
    description: Sessions that must be there.
    type: int
    default: 1
  timeout:
    description: Seconds to wait for them.
    type: float
    default: 10.0
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Check the sessions
  app_connections:
    server: "{{ db_idc }}"
    app_user: shop_app
    addresses: ["{{ ansible_host }}"]

- name: Rehearse it
  app_connections:
    server: "{{ db_idc }}"
    app_user: shop_app
    addresses: ["{{ ansible_host }}"]
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
