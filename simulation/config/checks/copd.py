"""Definitions of COPD and the prevalence that its total is made to meet."""

from __future__ import annotations

from collections.abc import Iterator

from simulation.config.checks.genetics import FAR
from simulation.config.checks.people import named_populations
from simulation.config.populations import merged_copd
from simulation.config.schema import Config, Copd
from simulation.config.values import RowName
from simulation.data.pack import DataPack
from simulation.data.rows import Parameter
from simulation.errors import nearest


def check_copd(config: Config, pack: DataPack) -> Iterator[str]:
    """Settings of [copd] where a population uses them, and of every population that has its own.

    Parameters
    ----------
    config : Config
        Valid by the schema.
    pack : DataPack
        The rows it names.

    Yields
    ------
    str
        One sentence for each mistake.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> list(check_copd(Config(), data_pack()))
    []
    """
    shared = [key for key, population in named_populations(config) if population.copd is None]
    if shared:
        yield from _copd("copd", config.copd, pack)
    for key, population in named_populations(config):
        if population.copd is not None:
            yield from _copd(f"{key}.copd", merged_copd(config.copd, population.copd), pack)
    if config.copd.definition == "recorded" and config.recognition.severe_diagnosis == "same":
        yield 'recognition.severe_diagnosis = "same" would change nothing: recorded COPD is diagnosed; remove it'


def _copd(key: str, copd: Copd, pack: DataPack) -> Iterator[str]:
    rows = [name for name, row in pack.parameters.items() if row.definition == copd.definition and _is_prevalence(row)]
    if copd.prevalence is None:
        if copd.definition != "fixed_ratio":
            yield f'{key}.definition = "{copd.definition}"; it needs {key}.prevalence, a row such as {rows[0]}'
        return
    if copd.definition == "fixed_ratio" and not copd.calibrate_total:
        yield f"{key}.prevalence is given but {key}.calibrate_total is false; set it to true, or remove prevalence"
    if isinstance(copd.prevalence, RowName):
        name = copd.prevalence.name
        row = pack.parameters.get(name)
        if row is None or not _is_prevalence(row):
            yield f'{key}.prevalence = "{name}"; no prevalence row of this name{nearest(name, rows)}'
            return
        if row.definition != copd.definition:
            yield (
                f'{key}.prevalence = "{name}"; this row is {row.definition or "of no single definition"} and the run is'
                f" {copd.definition}; definitions are never mixed; {copd.definition} rows are {', '.join(rows)}"
            )
    else:
        first, end = copd.prevalence_age_min, copd.prevalence_age_max
        if first is None:
            yield f"{key}.prevalence_age_min is missing; say from what age the prevalence holds, for example 40"
        elif end is not None and end <= first:
            yield f"{key}.prevalence_age_max = {end}; it must be above prevalence_age_min = {first}"
        low, high = copd.prevalence.quantile(FAR)
        if low < 0 or high >= 1 or high == 0:
            yield f"{key}.prevalence goes from {low:.3g} to {high:.3g}; it must lie above 0 and below 1"


def _is_prevalence(row: Parameter) -> bool:
    """Whether a row says how common COPD is among people of some ages."""
    return row.unit == "proportion" and row.age_min is not None and "undiagnosed" not in row.name
