"""Run a config: blocks of replicates of all scenarios, then the tables."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from math import ceil
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

from simulation.assembly.assumptions import assumptions_made, references_used
from simulation.assembly.build import build_block
from simulation.assembly.evidence import COLUMNS, figures_used
from simulation.assembly.people import births
from simulation.config.load import LoadedConfig
from simulation.engines.block import run_block
from simulation.labels import BASE
from simulation.randomness import BLOCK_SIZE
from simulation.results.axes import TOTAL
from simulation.results.results import ReportWriter, Results
from simulation.results.store import Replicates, write_block
from simulation.results.tables import care, cells, copd, headlines, prevalence, recognition

Progress = Callable[[int, int], None]


def run_blocks(loaded: LoadedConfig, folder: Path, progress: Progress | None = None) -> None:
    """Run every block of every scenario and write one file for each.

    Parameters
    ----------
    loaded : LoadedConfig
        Config with its scenarios.
    folder : Path
        Where the files go, one subfolder a scenario.
    progress : callable, optional
        Called with (blocks done, blocks in all).

    Raises
    ------
    ConfigError
        If drawn allele frequencies or inbreeding are impossible in some replicate.

    Notes
    -----
    A block is drawn whole even if the run ends within it, so a longer run begins with the same replicates. Source:
    docs/model.md, section 9.

    Examples
    --------
    >>> import tempfile
    >>> from simulation.config.load import load_config
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run_blocks(load_config({"replicates": 2}), Path(folder))
    ...     len(Replicates(Path(folder), "base"))
    2
    """
    n_blocks = ceil(loaded.base.replicates / BLOCK_SIZE)
    for number in range(n_blocks):
        block = build_block(loaded, number)
        size = min(BLOCK_SIZE, loaded.base.replicates - number * BLOCK_SIZE)
        for scenario, inputs in block.inputs.items():
            kept = inputs if size == BLOCK_SIZE else inputs.first_replicates(size)
            sums = run_block(kept, loaded.base.engine, loaded.base.seed, number)
            drawn = sums.drawn if loaded.base.engine != "expected" else {}
            parameters = block.draws if scenario == BASE else {}
            write_block(folder, scenario, number, sums.axes, drawn, sums.expected, parameters, number * BLOCK_SIZE)
        if progress is not None:
            progress(number + 1, n_blocks)


def run_study(
    loaded: LoadedConfig,
    folder: Path,
    progress: Progress | None = None,
    command: str | None = None,
    write_report: ReportWriter | None = None,
) -> Results:
    """Run a config and make its tables.

    Parameters
    ----------
    loaded : LoadedConfig
        Config with its scenarios.
    folder : Path
        Where the replicates are kept.
    progress : callable, optional
        Called with (blocks done, blocks in all).
    command : str, optional
        How the run was started, for the record.
    write_report : callable, optional
        Writes report.html when the results are saved.

    Returns
    -------
    Results
        Tables of all scenarios.

    Raises
    ------
    ConfigError
        If drawn allele frequencies or inbreeding are impossible in some replicate.

    Notes
    -----
    Source: docs/model.md.

    Examples
    --------
    >>> import tempfile
    >>> from simulation.config.load import load_config
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run_study(load_config({"replicates": 2}), Path(folder)).whole
    'population'
    """
    began, clock = datetime.now(UTC), perf_counter()
    run_blocks(loaded, folder, progress)
    replicates = {scenario: Replicates(folder, scenario) for scenario in loaded.scenarios}
    run = cells.Run(replicates, loaded.base.copd.definition, births_by_population(loaded))
    figures = pd.DataFrame(figures_used(loaded), columns=list(COLUMNS))
    figures["share_of_variance"] = figures["name"].map(headlines.shares_of_variance(run)).fillna(0.0)
    genotypes = prevalence.prevalence(run)
    found = {
        "prevalence": genotypes,
        "carriers": prevalence.carriers(run, genotypes),
        "copd": copd.copd(run),
        "copd_by_age": copd.copd_by_age(run),
        "recognition": recognition.recognition(run),
        "liver": care.liver(run),
        "treatment": care.treatment(run),
        "headlines": headlines.headlines(run),
        "differences": headlines.differences(run),
        "parameters": figures,
        "assumptions": pd.DataFrame(assumptions_made(loaded)),
    }
    record = run_record(loaded, began, perf_counter() - clock, command)
    references = [vars(loaded.pack.references[key]) for key in references_used(loaded)]
    return Results(found, record, references, folder, write_report)


def births_by_population(loaded: LoadedConfig) -> dict[str, dict[str, float]]:
    """Births a year of every population of every scenario.

    Parameters
    ----------
    loaded : LoadedConfig
        Config with its scenarios.

    Returns
    -------
    dict of str to dict of str to float
        With a total; NaN where unknown. [people per year]

    Notes
    -----
    Source: docs/model.md, section 0.

    Examples
    --------
    >>> from simulation.config.load import load_config
    >>> births_by_population(load_config({"population": {"size": "SWE"}}))["base"]["population"]
    111090.0
    """
    found = {}
    for scenario, config in loaded.scenarios.items():
        numbers = births(config, loaded.pack)
        names = list(config.all_populations)
        found[scenario] = {**dict(zip(names, numbers.tolist(), strict=True)), TOTAL: float(numbers.sum())}
    return found


def run_record(loaded: LoadedConfig, began: datetime, seconds: float, command: str | None) -> dict[str, Any]:
    """What is needed to know and to repeat a run.

    Parameters
    ----------
    loaded : LoadedConfig
        Config with its scenarios.
    began : datetime
        When.
    seconds : float
        How long. [seconds]
    command : str, optional
        How it was started.

    Returns
    -------
    dict
        Plain values for JSON.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> from simulation.config.load import load_config
    >>> record = run_record(load_config({}), datetime(2026, 1, 1, tzinfo=UTC), 1.0, None)
    >>> record["origins"]["seed"], len(record["data_hash"])
    ('default', 64)
    """
    packages = ("numpy", "scipy", "pandas", "xarray", "pyarrow", "matplotlib", "pydantic")
    return {
        "name": loaded.name,
        "config": loaded.resolved,
        "origins": loaded.origins,
        "seed": loaded.base.seed,
        "replicates": loaded.base.replicates,
        "engine": loaded.base.engine,
        "scenarios": list(loaded.scenarios),
        "versions": {
            "simulation": _version("aatd-simulation"),
            "python": platform.python_version(),
            **{package: _version(package) for package in packages},
        },
        "data_hash": loaded.pack.hash,
        "began": began.isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "command": command if command is not None else "simulation.run",
        "platform": f"{platform.system()} {platform.machine()}, {sys.byteorder}-endian",
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "not installed"
