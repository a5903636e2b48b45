"""`completion`: the lines a shell needs to complete our commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from rollback_runner.errors import UsageError


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print the completion script for SHELL; for bash: eval "$(rollback-runner completion bash)"."""
    found = get_completion_class(shell)
    if found is None:
        raise UsageError(f"There is no completion for {shell}.")
    root = context.find_root().command
    click.echo(found(root, {}, "rollback-runner", "_ROLLBACK_RUNNER_COMPLETE").source())
    return 0
