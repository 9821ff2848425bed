"""The parameters of a scenario: which distribution each has, and their draws in a block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulation.config.schema import Config, Copd, PopulationCopd
from simulation.config.slots import prevalence_name, used_parameters
from simulation.config.values import RowName
from simulation.data.pack import DataPack
from simulation.data.rows import Parameter
from simulation.parameters.distributions import (
    Beta,
    Distribution,
    Fixed,
    beta_from_count,
    beta_from_interval,
    parse_distribution,
)
from simulation.parameters.draws import draw_parameters

Array = NDArray[np.float64]
UPTAKE = "recognition.uptake"
UPTAKE_OF = "strategy uptake "


def row_distribution(row: Parameter) -> Distribution:
    """Distribution of a row of parameters.csv.

    Parameters
    ----------
    row : Parameter
        With a value, or a distribution.

    Returns
    -------
    Distribution
        Fixed at the value where the row gives no distribution.

    Raises
    ------
    ValueError
        If the row has neither.

    Notes
    -----
    Source: docs/data.md.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> row_distribution(data_pack().parameters["diag.share_diagnosed.zz_ukb"])
    Beta(alpha=9.0, beta=131.0)
    """
    if row.distribution:
        return parse_distribution(inline_table(row.distribution))
    if row.value is None:
        raise ValueError(f"parameters.csv: {row.name} has neither value nor distribution")
    return Fixed(row.value)


def inline_table(text: str) -> Mapping[str, object]:
    """Read a distribution cell of the data pack, a TOML inline table.

    Parameters
    ----------
    text : str
        For example "{beta = {alpha = 9, beta = 131}}".

    Returns
    -------
    mapping
        As `parse_distribution` takes it.

    Raises
    ------
    ValueError
        If it is no TOML table.

    Notes
    -----
    Source: docs/data.md.

    Examples
    --------
    >>> inline_table("{normal = {mean = 0, sd = 1}}")
    {'normal': {'mean': 0, 'sd': 1}}
    """
    import tomllib

    table: object = tomllib.loads(f"x = {text}")["x"]
    if not isinstance(table, Mapping):
        raise ValueError(f"{text!r} is no distribution")
    return table


def distributions(config: Config, pack: DataPack) -> dict[str, Distribution]:
    """Distribution of every parameter that a scenario uses.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        The rows.

    Returns
    -------
    dict of str to Distribution
        By the name of the default row, whatever a config put in its place.

    Notes
    -----
    Source: docs/model.md, section 9.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> distributions(Config(parameters={"lung.copd_or.sz_ever": 2}), data_pack())["lung.copd_or.sz_ever"]
    Fixed(value=2.0)
    """
    found = {name: _in_place(config, pack, name) for name in used_parameters(config)}
    own = [population.copd for population in config.all_populations.values() if population.copd is not None]
    settings: list[Copd | PopulationCopd] = [config.copd, *own]
    for copd in settings:
        if copd.prevalence is not None and not isinstance(copd.prevalence, RowName):
            found[prevalence_name(copd)] = copd.prevalence
    if config.recognition.uptake is not None:
        found[UPTAKE] = _resolved(config.recognition.uptake, pack)
    for uptake in own_uptakes(config):
        found[strategy_uptake_name(uptake)] = _resolved(uptake, pack)
    return found


def own_uptakes(config: Config) -> list[Distribution | RowName]:
    """Uptakes of strategies and of relatives that a config gives.

    Parameters
    ----------
    config : Config
        One scenario.

    Returns
    -------
    list of Distribution or RowName
        As read.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> own_uptakes(Config(strategies={"all_copd": {"uptake": 0.4}}))
    [Fixed(value=0.4)]
    """
    relatives = (config.cascade.uptake_first_degree, config.cascade.uptake_second_degree)
    given = [*(strategy.uptake for strategy in config.strategies.values()), *relatives]
    return [uptake for uptake in given if uptake is not None]


def strategy_uptake_name(uptake: Distribution | RowName) -> str:
    """Name under which an uptake is drawn.

    Parameters
    ----------
    uptake : Distribution or RowName
        As read from a config.

    Returns
    -------
    str
        The row's name; for a number or distribution a name made of it, so that strategies that give the same share it.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> strategy_uptake_name(RowName("diag.copd_tested.spain2021")), strategy_uptake_name(Fixed(0.4))
    ('strategy uptake diag.copd_tested.spain2021', 'strategy uptake 0.4')
    """
    return f"{UPTAKE_OF}{uptake.name if isinstance(uptake, RowName) else uptake.text}"


def central(config: Config, pack: DataPack, name: str) -> float:
    """Central value of a parameter, whatever a config put in its place.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        The rows.
    name : str
        Of the default row.

    Returns
    -------
    float
        In the parameter's own unit.

    Notes
    -----
    Source: docs/model.md, section 9.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> central(Config(), data_pack(), "diag.copd_tested.recommended")
    0.1
    """
    return _in_place(config, pack, name).central


def _in_place(config: Config, pack: DataPack, name: str) -> Distribution:
    """What the config puts in a parameter's place, else its own row."""
    return _resolved(config.parameters.get(name, RowName(name)), pack)


def _resolved(value: Distribution | RowName, pack: DataPack) -> Distribution:
    return row_distribution(pack.parameters[value.name]) if isinstance(value, RowName) else value


def frequency_distribution(pack: DataPack, population: str, allele: str, rho: float) -> Distribution:
    """Distribution of one row of allele_frequencies.csv.

    Parameters
    ----------
    pack : DataPack
        The rows.
    population, allele : str
        Key of the row.
    rho : float
        Between-survey correlation; it widens counts only. [dimensionless]

    Returns
    -------
    Distribution
        From the row's own distribution, its count, or its interval, in this order. [proportion]

    Raises
    ------
    ValueError
        If the row has none of these.

    Notes
    -----
    Source: docs/model.md, section 2.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> round(frequency_distribution(data_pack(), "irl", "Z", 0.0).central, 4)
    0.022
    """
    row = pack.allele_frequencies[population, allele]
    if row.distribution:
        return parse_distribution(inline_table(row.distribution))
    if row.n_observed is not None and row.n_typed is not None:
        return beta_from_count(row.n_observed, row.n_typed, rho)
    if row.low is None or row.high is None:
        raise ValueError(f"allele_frequencies.csv: {population} {allele} has neither count nor interval")
    return beta_from_interval(row.low, row.high)


def smoking_distributions(source: str, pack: DataPack) -> dict[str, Distribution]:
    """Distributions of the shares of a smoking source.

    Parameters
    ----------
    source : str
        Name of the source.
    pack : DataPack
        The rows.

    Returns
    -------
    dict of str to Beta
        For each row P(current) and P(never | not current), by names that hold source, sex and age: a Dirichlet of the
        row's effective size, one stick broken after the other. [proportion]

    Notes
    -----
    Source: docs/model.md, section 3.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> sorted(smoking_distributions("eu28_2017", data_pack()))
    ['smoking.eu28_2017.both.15.current', 'smoking.eu28_2017.both.15.never_given_noncurrent']
    """
    found: dict[str, Distribution] = {}
    for row in pack.smoking[source]:
        total, n = row.never + row.former + row.current, row.effective_n
        never, former, current = (n * share / total for share in (row.never, row.former, row.current))
        stem = f"smoking.{source}.{row.sex}.{row.age_min}"
        found[f"{stem}.current"] = _beta_or_end(current, n - current)
        found[f"{stem}.never_given_noncurrent"] = _beta_or_end(never, former)
    return found


def _beta_or_end(alpha: float, beta: float) -> Distribution:
    if alpha <= 0 or beta <= 0:
        return Fixed(1.0 if alpha > 0 else 0.0)
    return Beta(alpha, beta)


@dataclass
class Draws:
    """Drawn values of one block, by name; nothing is drawn twice.

    Attributes
    ----------
    seed, block : int
        Key of the streams.
    correlations : list of (name, name, rho)
        Pairs that are uncertain together.
    values : dict of str to ndarray, shape (BLOCK_SIZE,)
        What has been drawn so far; names of parameters, allele frequencies and smoking shares.
    """

    seed: int
    block: int
    correlations: list[tuple[str, str, float]] = field(default_factory=list)
    values: dict[str, Array] = field(default_factory=dict)

    def draw(self, wanted: Mapping[str, Distribution]) -> dict[str, Array]:
        """Draw parameters, each from the stream of its own name.

        Parameters
        ----------
        wanted : mapping of str to Distribution
            By name.

        Returns
        -------
        dict of str to ndarray, shape (BLOCK_SIZE,)
            In each parameter's own unit.
        """
        drawn = draw_parameters(wanted, self.seed, self.block, self.correlations)
        for name, value in drawn.items():
            self.values.setdefault(name, value)
        return drawn
