"""The command that draws families round people of a config."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulation.cli.app import ConfigArgument, Force, Seed, Settings, app, config_path, print_table, settings
from simulation.cli.fit import check_places
from simulation.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd


@app.command()
def families(
    config: ConfigArgument = "europe",
    out: Annotated[Path, typer.Option("--out", "-o", help="PED file to write.")] = Path("families.ped"),
    index: Annotated[
        str, typer.Option(help="Whom to start from: a set such as severe or carrier, or a genotype such as ZZ.")
    ] = "severe",
    number: Annotated[int, typer.Option(help="Index persons, a random sample of the living.")] = 1000,
    siblings: Annotated[float, typer.Option(help="Mean number of siblings.")] = 1.5,
    children: Annotated[float, typer.Option(help="Mean number of children of whoever is 20 or older.")] = 1.5,
    only_recognised: Annotated[
        bool, typer.Option("--only-recognised", help="Start only from people whose deficiency is recognised.")
    ] = False,
    table: Annotated[
        Path | None, typer.Option(help="CSV file to write: relation, ancestry, genotype, severe, ...")
    ] = None,
    seed: Seed = None,
    set_: Settings = None,
    force: Force = False,
) -> None:
    """Draw families round people of a config and write them as a PED file."""
    from simulation.config.load import load_config
    from simulation.studies.families import write_ped
    from simulation.studies.pedigrees import families_of

    if table is not None and table.resolve() == out.resolve():
        raise ConfigError(f"--table {table}: is the file of --out; choose another name")
    check_places([out, *([table] if table is not None else [])], [], force)
    loaded = load_config(config_path(config), settings(seed, None, None, None, None, set_))
    drawn = families_of(loaded, index, number, siblings, children, only_recognised)
    try:
        write_ped(drawn, out)
    except OSError as error:
        raise ConfigError(f"{out}: cannot be written ({error.strerror}); choose another place with --out") from None
    if table is not None:
        _write_table(drawn, table)
    rows = [
        (str(relation), f"{len(people):,}", f"{people['severe'].sum():,}", f"{people['severe'].mean():.4f}")
        for relation, people in drawn.groupby("relation", observed=True)
    ]
    title = f"{number:,} families, {len(drawn):,} people; severe genotypes by relation"
    print_table(title, ("relation", "people", "severe", "share"), rows)
    print(f"\nWrote {out}{f' and {table}' if table is not None else ''}: the first replicate, seed {loaded.base.seed}")


def _write_table(drawn: pd.DataFrame, path: Path) -> None:
    from simulation.results.store import write_whole

    try:
        write_whole(path, drawn.to_csv(index=False, lineterminator="\n").encode())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}); choose another place with --table") from None
