"""The way in: run a command; mistakes end with code 2, Ctrl-C with 130."""

from __future__ import annotations

import signal
import sys

from simulation.cli import evidence, families, fit, look, run
from simulation.cli.app import INTERRUPTED, app
from simulation.errors import AATDError

COMMANDS = (run, families, look, fit, evidence)  # importing them makes them commands, in this order


def main() -> None:
    """Run the command; mistakes end with code 2, Ctrl-C with 130."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        code = app(standalone_mode=False)
        if code == INTERRUPTED:  # typer has caught Ctrl-C and gives its code back
            raise KeyboardInterrupt
        sys.exit(code if isinstance(code, int) else 0)
    except AATDError as error:
        for message in error.messages:
            print(message, file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("Interrupted; nothing was kept.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except Exception as error:
        shown = _usage_mistake(error)
        if shown is None:
            raise
        print(shown, file=sys.stderr)
        sys.exit(2)


def _usage_mistake(error: Exception) -> str | None:
    """Words for a mistake on the command line; None for a fault of ours."""
    message = getattr(error, "format_message", None)
    return f"aatd: {message()}" if callable(message) and message() else None
