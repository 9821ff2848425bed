"""Run a config: blocks of replicates of all scenarios, then the tables."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import pandas as pd

from simulation.assembly.assumptions import assumptions_made, references_used
from simulation.assembly.evidence import COLUMNS, figures_used
from simulation.assembly.people import births
from simulation.config.load import LoadedConfig
from simulation.results.axes import TOTAL
from simulation.results.results import ReportWriter, Results
from simulation.results.store import FOLDER as REPLICATES
from simulation.results.store import Replicates
from simulation.results.tables import care, cells, copd, couples, finding, headlines, prevalence, recognition
from simulation.studies.blocks import Progress, run_blocks
from simulation.studies.record import run_record


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
        Where the replicates and the line list are kept; blocks that are there already are not done again.
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
    DataError
        If the workers are gone, or a block is damaged.

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
    tables = tables_of(loaded, folder)
    record = run_record(loaded, began, perf_counter() - clock, command)
    references = [vars(loaded.pack.references[key]) for key in references_used(loaded)]
    return Results(tables, record, references, folder, write_report)


def tables_of(loaded: LoadedConfig, folder: Path) -> dict[str, pd.DataFrame]:
    """Make the tables of a run whose blocks are all there.

    Parameters
    ----------
    loaded : LoadedConfig
        Config with its scenarios.
    folder : Path
        As `simulation.studies.blocks.run_blocks` wrote it.

    Returns
    -------
    dict of str to DataFrame
        By name.

    Raises
    ------
    DataError
        If a block is missing or damaged.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import tempfile
    >>> from simulation.config.load import load_config
    >>> loaded = load_config({"replicates": 2})
    >>> with tempfile.TemporaryDirectory() as home:
    ...     run_blocks(loaded, Path(home))
    ...     sorted(tables_of(loaded, Path(home)))[:3]
    ['assumptions', 'carriers', 'copd']
    """
    replicates = {scenario: Replicates(folder / REPLICATES, scenario) for scenario in loaded.scenarios}
    run = cells.Run(replicates, loaded.base.copd.definition, births_by_population(loaded))
    figures = pd.DataFrame(figures_used(loaded), columns=list(COLUMNS))
    figures["share_of_variance"] = figures["name"].map(headlines.shares_of_variance(run)).fillna(0.0)
    genotypes = prevalence.prevalence(run)
    return {
        "prevalence": genotypes,
        "carriers": prevalence.carriers(run, genotypes),
        "copd": copd.copd(run),
        "copd_by_age": copd.copd_by_age(run),
        "recognition": recognition.recognition(run),
        "liver": care.liver(run),
        "treatment": care.treatment(run),
        "other_diseases": care.other_diseases(run),
        "testing": finding.testing(run),
        "strategies": finding.strategies(run),
        "strategy_genotypes": finding.strategy_genotypes(run),
        "strategy_differences": finding.strategy_differences(run),
        "delay": finding.delay(run),
        "couples": couples.couples(run),
        "couples_by_ancestry": couples.couples_by_ancestry(run),
        "residual_risk": couples.residual_risk(run),
        "headlines": headlines.headlines(run),
        "differences": headlines.differences(run),
        "parameters": figures,
        "assumptions": pd.DataFrame(assumptions_made(loaded)),
    }


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
