"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: mysql_rebuild
short_description: Bring the IDC's MySQL server up again, empty and closed, when its data is gone or damaged
description:
  - Judges from the world - the container, its log's own words, the content of its data directory, its server's
      answer - whether the data is gone. A server that starts and holds data is never touched, unless a person says
      so with a reason.
  - Makes a new data directory beside the old files with the container's own image, mounts and options, moves the old
      files aside on the same file system, puts the new ones in place, starts the container and proves the result -
      server_uuid, closed for writes, event scheduler off, empty, no transactions, the administrator gets in over TLS.
  - Old files are never deleted. Certificates and persisted settings of the old data directory are carried over.
  - All file work runs in helper containers of the same image, so the login user needs docker and no sudo.
options:
  name:
    description: The MySQL container.
    type: str
    required: true
  mysql:
    description: "IDC MySQL: host, port, user, password_file, ca_file, server_uuid. The account is made anew."
    type: dict
    required: true
  admin_hosts:
    description: Hosts the administrator's account is made for.
    type: list
    elements: str
    default: ["%"]
  command:
    description: The server and its options, where the container hides them behind a shell script.
    type: list
    elements: str
    default: []
  needed_bytes:
    description: Bytes that must be free for what is restored afterwards, beside a new server's own.
    type: int
    default: 0
  replace:
    description: Rebuild a server that holds data too. Needs O(reason) and a strategy that does not use IDC's data.
    type: bool
    default: false
  reason:
    description: Why data is replaced, for the record.
    type: str
    default: ""
  strategy:
    description: The site's strategy; restore-first or stop-first allow O(replace).
    type: str
    default: ""
  timeout:
    description: Seconds until a started server must answer.
    type: float
    default: 120
  stop_timeout:
    description: Seconds a running server gets to stop.
    type: int
    default: 60
extends_documentation_fragment:
  - failback.acts
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Bring the server up again
  mysql_rebuild:
    name: idc-db1-mysql
    mysql: "{{ db_idc }}"

- name: Rehearse it
  mysql_rebuild:
    name: idc-db1-mysql
    mysql: "{{ db_idc }}"
  check_mode: true

- name: Replace a server that starts, but whose rows are wrong
  mysql_rebuild:
    name: idc-db1-mysql
    mysql: "{{ db_idc }}"
    replace: true
    reason: "incident 4711: rows differ from the last backup"
    strategy: restore-first
"""

RETURN = r"""
before:
  description: Container, data directory and server as they were seen first.
  returned: always
  type: dict
after:
  description: The same at the end, with what was proven; in a rehearsal, what would be done.
  returned: always
  type: dict
evidence:
  description: The decision and why, the log's own words, place and size of the old files, room, seconds taken.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
