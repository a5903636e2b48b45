"""Where the lab keeps what it makes: everything under RR_HOME/.lab, nothing elsewhere."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

# The folder that holds this package: mounted into the containers, so that they run the same code.
LAB_SOURCE = Path(__file__).resolve().parent
TEMPLATES = LAB_SOURCE / "templates"
SQL = LAB_SOURCE / "sql"


@dataclass(frozen=True)
class LabPaths:
    """The lab's folders. RR_HOME is the current directory unless the environment says otherwise."""

    root: Path

    @classmethod
    def from_environment(cls) -> LabPaths:
        """Read RR_HOME; bind mounts need an absolute path."""
        return cls(Path(os.environ.get("RR_HOME") or Path.cwd()).resolve() / ".lab")

    @property
    def ssh(self) -> Path:
        """Client key, host keys, known_hosts and an ssh configuration for people."""
        return self.root / "ssh"

    @property
    def secrets(self) -> Path:
        """One password or key per file, mode 0600."""
        return self.root / "secrets"

    @property
    def people(self) -> Path:
        """The signing keys of the people of the lab, and the file that says whose they are."""
        return self.root / "people"

    @property
    def ca(self) -> Path:
        """The lab's certificate authority and the servers' certificates."""
        return self.root / "ca"

    @property
    def data(self) -> Path:
        """Live data directories of the MySQL servers."""
        return self.root / "data"

    @property
    def pristine(self) -> Path:
        """Data directories as they were when the move had just failed: what a reset copies back."""
        return self.root / "pristine"

    @property
    def backups(self) -> Path:
        """The IDC's backups and archived binary logs, as host idc-db1 sees them."""
        return self.host("idc-db1", "backups")

    @property
    def aws(self) -> Path:
        """What the AWS stand-in writes down: ids.json and its state."""
        return self.root / "aws"

    @property
    def ledger(self) -> Path:
        """Ledgers of the traffic generator."""
        return self.root / "ledger"

    @property
    def wheels(self) -> Path:
        """Python packages for the AWS stand-in, as its container's Python needs them."""
        return self.root / "wheels"

    @property
    def images(self) -> Path:
        """Tags of the images in use and the user numbers inside them."""
        return self.root / "images.json"

    @property
    def cutover(self) -> Path:
        """gtid_executed of the IDC server at the cut-over, one line."""
        return self.root / "cutover.gtid"

    def host(self, name: str, folder: str = "") -> Path:
        """Return the folder of one host, or one of its configuration folders."""
        return self.root / "hosts" / name / folder
