"""Documentation of the action plugin of the same name, which does the work."""

DOCUMENTATION = r"""
---
module: archive_make
short_description: Seal everything of the incident in one signed file
description:
  - Gathers the incident and its runs, takes known secrets out, packs them with a manifest of digests, and signs that.
  - The packed bytes are searched for every known secret, in plain and encoded, before the file gets its name.
  - Without a key it waits for a person who makes the archive with theirs.
  - An archive that covers the record already is left alone; the run that is going on does not count.
options:
  home:
    description: Where runs and incidents are recorded.
    type: str
    required: true
  site:
    description: The site's name.
    type: str
    required: true
  signer:
    description: Under which name it is signed; a name of the signers file.
    type: str
    default: ""
  key_file:
    description: The private key to sign with, without a passphrase and of mode 0600.
    type: str
    default: ""
  signers_file:
    description: Whose keys count, as C(ssh-keygen) describes under ALLOWED SIGNERS.
    type: str
    default: ""
  directory:
    description: Where archives are kept; empty for C(archives/SITE) below O(home).
    type: str
    default: ""
  option:
    description: What stands after C(-i) in the commands that are told; empty for the default site.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
    description: Tells what would be sealed; nothing is written.
  diff_mode:
    support: none
    description: An archive has no difference to show.
  idempotent:
    support: full
    description: A second run finds the record covered.
author: The rollback-runner authors
"""

EXAMPLES = r"""
- name: DOC-01 | Seal the record
  archive_make:
    home: "{{ rr_home }}"
    site: "{{ site_name }}"
    signer: archiver
    key_file: /etc/rollback-runner/archiver
    signers_file: "{{ site_approvals.signers_file }}"
"""

RETURN = r"""
after:
  description: The SHA-256 of the archive.
  returned: when there is one
  type: str
evidence:
  description: "File, place, digest, signer, how many files, which runs, what was left out and why."
  returned: always
  type: dict
findings:
  description: What must be known, each with severity, key, sentence and next_step.
  returned: when there are any
  type: list
waiting:
  description: Who must seal it, with the command.
  returned: while nobody did
  type: str
"""
