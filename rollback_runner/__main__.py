"""Lets `python -m rollback_runner` do what `rollback-runner` does."""

from rollback_runner.cli import main

if __name__ == "__main__":
    main()
