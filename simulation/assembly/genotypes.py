"""Link 2: genotype frequencies of every population."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulation.assembly.parameters import Draws, frequency_distribution
from simulation.config.schema import Config
from simulation.config.values import Count
from simulation.data.pack import DataPack
from simulation.errors import ConfigError
from simulation.genetics.hardy_weinberg import with_m_as_remainder
from simulation.genetics.mating import ancestry_genotypes, mixed_genotypes
from simulation.genetics.relatives import inbreeding_of_matings
from simulation.parameters.distributions import Distribution
from simulation.randomness import BLOCK_SIZE

Array = NDArray[np.float64]


def ancestry_shares(config: Config, pack: DataPack) -> tuple[list[str], Array]:
    """Ancestries of all populations and their shares.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        Mixtures.

    Returns
    -------
    names : list of str
        Every ancestry that any population has, in order of appearance.
    share : ndarray, shape (n_populations, n_ancestries)
        Summing to 1 in every population. [proportion]

    Notes
    -----
    Source: docs/model.md, section 1.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> ancestry_shares(Config(), data_pack())
    (['gnomad_nfe'], array([[1.]]))
    """
    mixtures = [mixture_of(population.ancestry, pack) for population in config.all_populations.values()]
    names = list(dict.fromkeys(name for mixture in mixtures for name in mixture))
    share = np.array([[mixture.get(name, 0.0) for name in names] for mixture in mixtures])
    return names, share / share.sum(axis=1, keepdims=True)


def mixture_of(ancestry: dict[str, float] | str, pack: DataPack) -> dict[str, float]:
    """Shares by ancestry, a named mixture looked up.

    Parameters
    ----------
    ancestry : dict or str
        As configured.
    pack : DataPack
        Mixtures.

    Returns
    -------
    dict of str to float
        [proportion]

    Notes
    -----
    Source: docs/model.md, section 1.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> mixture_of("region_latin_america_caribbean", data_pack())
    {'gnomad_amr': 1.0}
    """
    if isinstance(ancestry, str):
        return {row.ancestry: row.share for row in pack.mixtures[ancestry]}
    return dict(ancestry)


def mating_share(config: Config) -> float:
    """Share of second gametes that come from the whole population.

    Parameters
    ----------
    config : Config
        One scenario.

    Returns
    -------
    float
        0 within_ancestry, 1 random. [proportion]

    Notes
    -----
    Source: docs/model.md, section 2.

    Examples
    --------
    >>> mating_share(Config()), mating_share(Config(genetics={"mating": "random"}))
    (0.0, 1.0)
    """
    mating = config.genetics.mating
    return {"within_ancestry": 0.0, "random": 1.0}[mating] if isinstance(mating, str) else float(mating)


def inbreeding(config: Config) -> float:
    """Wright's F: the config's own, and what matings of relatives add.

    Parameters
    ----------
    config : Config
        One scenario.

    Returns
    -------
    float
        [dimensionless]

    Notes
    -----
    Children of first cousins have F = 1/16; a share of them adds its part. Source: docs/model.md, section 2.

    Examples
    --------
    >>> inbreeding(Config(genetics={"related_parents": {"first_cousin": 0.2}}))
    0.0125
    """
    return config.genetics.inbreeding + inbreeding_of_matings(config.genetics.related_parents)


def frequency_laws(config: Config, pack: DataPack, ancestry: str, allele: str, rho: float) -> dict[str, Distribution]:
    """Distributions that add up to the frequency of an allele in an ancestry.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        The rows.
    ancestry, allele : str
        Of the data pack or of the config.
    rho : float
        Between-survey correlation. [dimensionless]

    Returns
    -------
    dict of str to Distribution
        By the name of their draw; empty where nothing is known.

    Notes
    -----
    Source: docs/model.md, section 2.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> list(frequency_laws(Config(), data_pack(), "irl", "Z", 0.0))
    ['allele.irl.Z']
    """
    if ancestry in config.ancestries:
        value = config.ancestries[ancestry].get(allele)
        if value is None:
            return {}
        return {f"allele.{ancestry}.{allele}": value.distribution(rho) if isinstance(value, Count) else value}
    return {
        f"allele.{population}.{part}": frequency_distribution(pack, population, part, rho)
        for population, part in frequency_rows(ancestry, allele, pack)
    }


def frequency_rows(ancestry: str, allele: str, pack: DataPack) -> list[tuple[str, str]]:
    """Rows of allele_frequencies.csv that add up to an allele in an ancestry.

    Parameters
    ----------
    ancestry, allele : str
        Names known to the data pack.
    pack : DataPack
        The tables.

    Returns
    -------
    list of (population, allele)
        One row, or the parts of an aggregate such as rare; empty where nothing is known.

    Notes
    -----
    Source: docs/model.md, section 2.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> frequency_rows("gnomad_nfe", "rare", data_pack())[:2]
    [('gnomad_nfe', 'Mmalton'), ('gnomad_v4_all', 'Mwurzburg')]
    """
    rows = pack.ancestry_alleles[ancestry]
    if allele in rows:
        return [(rows[allele].population, allele)]
    return [(row.population, part) for part, row in rows.items() if pack.alleles[part].part_of == allele]


def allele_frequencies(config: Config, pack: DataPack, ancestry: str, draws: Draws, rho: float) -> Array:
    """Drawn allele frequencies of one ancestry.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        The rows.
    ancestry : str
        Of the data pack or of the config.
    draws : Draws
        The block's random numbers. A row that two ancestries share is one number for both.
    rho : float
        Between-survey correlation. [dimensionless]

    Returns
    -------
    ndarray, shape (BLOCK_SIZE, n_alleles)
        M, the remainder, first. [proportion]

    Raises
    ------
    ConfigError
        If in some replicate the frequencies sum to more than 1.

    Notes
    -----
    An allele without a row has frequency 0. Source: docs/model.md, section 2.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> q = allele_frequencies(Config(), data_pack(), "gnomad_nfe", Draws(1, 0), 0.0002)
    >>> q.shape, q.sum(axis=1).round(12).tolist() == [1.0] * 64
    ((64, 5), True)
    """
    columns = []
    for allele in config.genetics.alleles[1:]:
        drawn = draws.draw(frequency_laws(config, pack, ancestry, allele, rho))
        columns.append(sum(drawn.values()) if drawn else np.zeros(BLOCK_SIZE))
    if not columns:
        return np.ones((BLOCK_SIZE, 1))
    try:
        return with_m_as_remainder(np.stack(np.broadcast_arrays(*columns), axis=-1))
    except ValueError as error:
        raise ConfigError(
            f"ancestries.{ancestry}: in some replicate {error}; narrow the distributions or lower the frequencies"
        ) from None


def genotype_frequencies_by_population(
    config: Config, pack: DataPack, draws: Draws, rho: float
) -> tuple[list[str], Array, Array, Array]:
    """Genotype frequencies of every population and ancestry.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        The rows.
    draws : Draws
        The block's random numbers.
    rho : float
        Between-survey correlation. [dimensionless]

    Returns
    -------
    ancestries : list of str
        Names.
    share : ndarray, shape (n_populations, n_ancestries)
        [proportion]
    by_ancestry : ndarray, shape (replicates, n_populations, n_ancestries, n_genotypes)
        [proportion]
    genotype : ndarray, shape (replicates, n_populations, n_genotypes)
        Ancestry summed out. [proportion]

    Raises
    ------
    ConfigError
        If inbreeding makes a genotype negative in some replicate.

    Notes
    -----
    Source: docs/model.md, section 2.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> genotype_frequencies_by_population(Config(), data_pack(), Draws(1, 0), 0.0002)[3].shape
    (64, 1, 15)
    """
    names, share = ancestry_shares(config, pack)
    q = np.stack(np.broadcast_arrays(*(allele_frequencies(config, pack, name, draws, rho) for name in names)), axis=1)
    try:
        by_ancestry = ancestry_genotypes(q[:, None], share[None], inbreeding(config), mating_share(config))
    except ValueError:
        raise ConfigError(
            f"genetics.inbreeding = {config.genetics.inbreeding:g}; with the allele frequencies of some replicate it makes"
            " a genotype negative; raise it towards 0"
        ) from None
    return names, share, by_ancestry, mixed_genotypes(share[None], by_ancestry)
