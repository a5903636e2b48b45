"""Where the Ansible project is: beside this package when installed, the checkout otherwise."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def _root() -> Path:
    here = Path(__file__).resolve().parent
    installed = here / "_content"
    return installed if installed.is_dir() else here.parent


ROOT = _root()
PACKAGE = Path(__file__).resolve().parent

# Roles, plugins and this command share one library; Ansible finds it through ansible.cfg, Python through this line.
_LIBRARY = str(ROOT / "plugins" / "module_utils")
if _LIBRARY not in sys.path:
    sys.path.insert(0, _LIBRARY)


def home() -> Path:
    """Return where runs, locks and the lab's state are kept: RR_HOME, or the current directory."""
    return Path(os.environ.get("RR_HOME") or Path.cwd()).resolve()


def environment() -> dict[str, str]:
    """Build the variables every Ansible process of ours is started with; no value in it is a secret."""
    tools = Path(sys.executable).parent
    return {
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        # ansible-runner turns this off unless told otherwise: a changed host key must stop the run.
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "PATH": f"{tools}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "RR_HOME": str(home()),
    }
