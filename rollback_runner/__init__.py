"""The command: site, plan, gate, run, journal, verdict, report. What acts on machines lives in roles and plugins."""

# First of all: it puts the library that roles, plugins and this command share on Python's path.
from rollback_runner import content, version

__all__ = ["content"]
__version__ = version.find(content.ROOT)
