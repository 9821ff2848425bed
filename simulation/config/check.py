"""Everything wrong with a config that only the data pack can tell."""

from __future__ import annotations

from simulation.config.checks.care import check_care
from simulation.config.checks.copd import check_copd
from simulation.config.checks.finding import check_finding
from simulation.config.checks.genetics import check_alleles, check_own_ancestries, check_related_parents, check_sets
from simulation.config.checks.parameters import check_correlations, check_parameters
from simulation.config.checks.people import check_population, check_smoking, named_populations
from simulation.config.schema import Config
from simulation.data.pack import DataPack


def check_names(config: Config, pack: DataPack) -> list[str]:
    """Everything wrong with a config that only the data pack can tell.

    Parameters
    ----------
    config : Config
        Valid by the schema.
    pack : DataPack
        The tables its names refer to.

    Returns
    -------
    list of str
        One sentence for each mistake, the key first; empty when all is well.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> from simulation.config.schema import Population
    >>> check_names(Config(population=Population(ages="Swe")), data_pack())
    ['population.ages = "Swe"; unknown area; did you mean SWE? (`aatd populations` lists them)']
    """
    return [
        *check_alleles(config, pack),
        *check_own_ancestries(config, pack),
        *check_related_parents(config),
        *(
            text
            for name, population in named_populations(config)
            for text in check_population(name, population, config, pack)
        ),
        *check_smoking("smoking", config.smoking, pack),
        *check_copd(config, pack),
        *check_care(config, pack),
        *check_parameters(config, pack),
        *check_correlations(config, pack),
        *check_finding(config, pack),
        *check_sets(config),
    ]
