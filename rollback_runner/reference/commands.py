"""The page of commands, from their own help. Pure."""

from __future__ import annotations

import click

_WIDTH = 100
_HEAD = """# Commands

Generated from `--help` by `python -m rollback_runner.reference`; a test keeps it so.
"""


def listed(command: click.Command, path: str = "rollback-runner") -> list[tuple[str, click.Command]]:
    """List the command and all below it, each with the words that call it."""
    found = [(path, command)]
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            found += listed(command.commands[name], f"{path} {name}")
    return found


def page(root: click.Command) -> str:
    """Write the page."""
    parts = [_HEAD]
    for path, command in listed(root):
        names = command.context_settings.get("help_option_names", ["-h", "--help"])
        context = click.Context(command, info_name=path, terminal_width=_WIDTH, help_option_names=names)
        parts.append(f"## {path}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)
