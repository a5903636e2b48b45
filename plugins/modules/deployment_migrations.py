"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: deployment_migrations
short_description: Find the migrations that the target's code does not know
description:
  - Compares the rows of the migration tool's table with the files at the target's commit, and at the live one's, read
    from a local clone. Drizzle 0.x and v1, Alembic and Flyway, on MySQL and PostgreSQL.
  - Every statement of a migration that the target does not know is judged. Edited, unknown and half-applied migrations
    are found too, the last ones by the live schema itself.
  - The evidence is the gate that deployment_strategy decides by. An unknown state is a warning here and a refusal
    there.
options:
  source:
    description: The application's repository (deployment_source), a local clone with the commits in it.
    required: true
    type: dict
  migrations:
    description: The tool, its directory and its table (deployment_migrations).
    required: true
    type: dict
  database:
    description: How the database is reached (deployment_database), with an account that may read it.
    required: true
    type: dict
  target:
    description: The commit of the deployment that production goes to.
    required: true
    type: str
  live:
    description: The commit of the deployment that serves production, empty when it is not known.
    default: ""
    type: str
  commits:
    description: Further commits in which the file of an unexplained row may be found, such as those of the list.
    default: []
    type: list
    elements: str
extends_documentation_fragment:
  - failback.looks
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: Find the migrations that the target's code does not know
  deployment_migrations:
    source: "{{ deployment_source }}"
    migrations: "{{ deployment_migrations }}"
    database: "{{ deployment_database }}"
    live: "{{ live_commit }}"
    target: "{{ target_commit }}"

- name: Rehearse it
  deployment_migrations:
    source: "{{ deployment_source }}"
    migrations: "{{ deployment_migrations }}"
    database: "{{ deployment_database }}"
    target: "{{ target_commit }}"
  check_mode: true
"""

RETURN = r"""
before:
  description: Nothing, as it only looks.
  returned: always
  type: raw
after:
  description: The verdict, and the names of the migrations that the target does not know.
  returned: always
  type: raw
evidence:
  description:
    - The gate. C(verdict) is nothing, compatible, breaking or unknown, C(why) says so in sentences, C(ahead) has the
      migrations with their judged statements and rows; C(unknown), C(edited), C(half_applied), C(pending), C(skipped)
      and C(differences) are what a person must look at.
  returned: always
  type: dict
refused:
  description: Whether a gate said no, rather than something breaking.
  returned: on failure
  type: bool
"""
