"""What all commands share: the application, its common options, and how tables are printed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from simulation.errors import ConfigError, nearest

INTERRUPTED = 130
app = typer.Typer(
    help="How many people carry a SERPINA1 deficiency genotype, how many have COPD, and how many nobody knows about.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
ConfigArgument = Annotated[
    str, typer.Argument(metavar="CONFIG", help="A TOML file, or the name of a config that comes with aatd.")
]


Seed = Annotated[int | None, typer.Option(help="Seed of all random numbers.")]
ReplicateCount = Annotated[int | None, typer.Option(help="Draws of all parameters and people.")]
Engine = Annotated[str | None, typer.Option(help="counts, individuals (adds a line list) or expected.")]
WorkerCount = Annotated[int | None, typer.Option(help="Blocks worked on at a time.")]
Scheduler = Annotated[str | None, typer.Option(help="Dask scheduler to send the work to, tcp://host:8786.")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that exist.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Set a key of the config; may be repeated.")
]


def settings(
    seed: int | None,
    replicates: int | None,
    engine: str | None,
    workers: int | None,
    scheduler: str | None,
    set_: list[str] | None,
) -> list[str]:
    """Everything that the command line sets, as KEY=VALUE."""
    given = {
        "seed": seed,
        "replicates": replicates,
        "engine": engine,
        "execution.workers": workers,
        "execution.scheduler": scheduler,
    }
    return [*(set_ or []), *(f"{key}={value}" for key, value in given.items() if value is not None)]


def configs_folder() -> Path:
    """Where the configs are: inside an installed package, one level up in a checkout."""
    inside = Path(__file__).parent.parent / "configs"
    return inside if inside.is_dir() else Path(__file__).parent.parent.parent / "configs"


def config_path(name: str) -> Path:
    """The file of a config, or of one that comes with aatd."""
    path = Path(name)
    shipped = configs_folder() / f"{path.stem if path.suffix == '.toml' else name}.toml"
    if path.exists() or path.parent != Path():
        return path
    if shipped.is_file() and path.suffix == "":
        return shipped
    if path.suffix == "":
        known = sorted(found.stem for found in configs_folder().glob("*.toml"))
        raise ConfigError(f"{name}: no such file or config{nearest(name, known)}; aatd comes with {', '.join(known)}")
    return path


def print_table(title: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Plain columns: they can be searched and cut with the shell's own tools."""
    print(f"\n{title}")
    widths = [max(len(str(row[i])) for row in [names, *rows]) for i in range(len(names))]
    for row in [names, *rows]:
        print("  " + "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def schema_text() -> str:
    """The JSON Schema of a config."""
    import json

    from simulation.config.json_schema import json_schema

    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"
