"""The `aatd` command. Heavy imports live inside the commands, so that --help answers at once."""

from simulation.cli.main import main

__all__ = ["main"]
