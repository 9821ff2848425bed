"""Link 6: serum level and liver of every genotype."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulation.config.schema import Config
from simulation.config.slots import MEASURED_GENOTYPES
from simulation.data.pack import DataPack
from simulation.disease.liver import cirrhosis_probability, raised_probability
from simulation.exposures.smoking import age_midpoints
from simulation.labels import AGES, allele_pairs, default_set, genotypes
from simulation.physiology.serum_aat import SerumLevels, level_distribution
from simulation.randomness import BLOCK_SIZE

Array = NDArray[np.float64]


def likes(config: Config, pack: DataPack) -> list[str]:
    """What each followed allele behaves like.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        The alleles.

    Returns
    -------
    list of {"M", "S", "Z", "null"}
        In the order of the config's alleles.

    Notes
    -----
    Source: docs/model.md, section 4.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> likes(Config(), data_pack())
    ['M', 'S', 'Z', 'Z', 'null']
    """
    own = config.genetics.own_alleles
    return [own[a].like if a in own else pack.alleles[a].like for a in config.genetics.alleles]


def counted_as(config: Config, pack: DataPack) -> list[str]:
    """The set that counts each genotype: the config's own where it says so.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        The alleles.

    Returns
    -------
    list of str
        One of `labels.SETS` for each genotype of the config's alleles, in their order.

    Notes
    -----
    Source: docs/model.md, section 0.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> counted_as(Config(genetics={"alleles": ["M", "Z"]}), data_pack())
    ['normal', 'carrier', 'severe']
    """
    alleles, kinds = config.genetics.alleles, likes(config, pack)
    return [
        config.sets.get(name) or default_set(alleles[i], alleles[j], kinds[i], kinds[j])
        for name, (i, j) in zip(genotypes(alleles), allele_pairs(len(alleles)), strict=True)
    ]


def polymerising(config: Config, pack: DataPack) -> list[bool]:
    """Whether two copies of each followed allele harm the liver.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        The alleles.

    Returns
    -------
    list of bool
        In the order of the config's alleles.

    Notes
    -----
    Source: docs/model.md, section 7.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> polymerising(Config(), data_pack())
    [False, False, True, True, False]
    """
    own = config.genetics.own_alleles
    return [own[a].polymerises if a in own else pack.alleles[a].polymerises == "yes" for a in config.genetics.alleles]


def serum_levels(config: Config, pack: DataPack, values: dict[str, Array]) -> SerumLevels:
    """Serum level of every genotype.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        The alleles.
    values : dict of str to ndarray (BLOCK_SIZE,)
        Drawn parameters.

    Returns
    -------
    SerumLevels
        With BLOCK_SIZE replicates.

    Notes
    -----
    Source: docs/model.md, section 4.

    Examples
    --------
    >>> import simulation
    >>> inputs = simulation.build_inputs({"population": {"size": 1000}})
    >>> inputs.low_level.sel(genotype=["SZ", "ZZ", "Z/null"])[0].values.round(2).tolist()
    [0.52, 1.0, 1.0]
    """
    standard = config.serum.standard
    alleles, kinds = config.genetics.alleles, likes(config, pack)
    stems = {genotype: f"aat.serum.{genotype.lower()}.{standard}" for genotype in MEASURED_GENOTYPES}
    doses = {kind: f"aat.serum.dose_{kind.lower()}.{standard}_umol_l" for kind in ("M", "S", "Z", "null")}
    names = [f"{stem}.{what}" for stem in stems.values() for what in ("geometric_mean_umol_l", "log_sd")]
    varies = any(np.ptp(values[name]) > 0 for name in [*names, *doses.values()])
    means, sds = [], []
    for r in range(BLOCK_SIZE if varies else 1):
        measured = {
            genotype: (float(values[f"{stem}.geometric_mean_umol_l"][r]), float(values[f"{stem}.log_sd"][r]))
            for genotype, stem in stems.items()
        }
        dose = {allele: float(values[doses[kind]][r]) for allele, kind in zip(alleles, kinds, strict=True)}
        mean, sd = level_distribution(alleles, dose, measured)
        means.append(mean)
        sds.append(sd)
    if config.serum.threshold_mg_dl is not None:
        threshold = config.serum.threshold_mg_dl * values["aat.conversion.umol_per_mgdl"]
    else:
        threshold = values["aat.threshold.protective_umol_l"]
    ratio = values.get("aat.acute_phase.multiplier_inflamed", np.ones(BLOCK_SIZE))
    shape = (BLOCK_SIZE, len(means[0]))
    mean, sd = (np.broadcast_to(np.array(table), shape) for table in (means, sds))
    return SerumLevels(mean, sd, threshold, ratio, config.serum.inflamed_share)


def cirrhosis(config: Config, pack: DataPack, values: dict[str, Array], risk_of: list[str]) -> Array:
    """P(cirrhosis by an age) of every genotype.

    Parameters
    ----------
    config : Config
        One scenario; a baseline lets genotypes with odds ratios only be counted.
    pack : DataPack
        Which alleles polymerise.
    values : dict of str to ndarray (BLOCK_SIZE,)
        Drawn parameters.
    risk_of : list of str
        Risk genotype of every genotype.

    Returns
    -------
    ndarray (BLOCK_SIZE, 21, n_genotypes)
        0 where nothing is known; the baseline applies from adult age. [proportion]

    Notes
    -----
    Two polymerising alleles are read as ZZ; one, with M, null or a degraded allele, as MZ; null alone is exempt.
    Source: docs/model.md, section 7.

    Examples
    --------
    >>> import simulation
    >>> inputs = simulation.build_inputs({"population": {"size": 1000}})
    >>> inputs.cirrhosis.sel(genotype=["ZZ", "Z/null"], age=60).mean("replicate").values.round(3).tolist()
    [0.072, 0.0]
    """
    pairs = pair_polymerises(config, pack)
    by_age = cirrhosis_probability(
        age_midpoints(),
        values["liver.adult.cirrhosis.lifetime"],
        values["liver.adult.onset_age.mean_years"],
        values["liver.adult.onset_age.sd_years"],
    )
    table = by_age[..., None] * pairs
    if config.liver.baseline_cirrhosis is not None:
        flags = polymerising(config, pack)
        one_polymer = [flags[i] or flags[j] for i, j in allele_pairs(len(flags))]
        adult = np.array(AGES) >= values["liver.adult.min_age_years"][0]
        for g, risk in enumerate(risk_of):
            row = {"SS": "ss", "MZ": "mz", "SZ": "sz", "ZZ": "mz"}.get(risk)  # one polymerising allele harms as in MZ
            if row is not None and not pairs[g] and (one_polymer[g] or row == "ss"):
                raised = raised_probability(
                    config.liver.baseline_cirrhosis, values[f"liver.or.fibrosis_cirrhosis.{row}"]
                )
                table[..., g] = raised[:, None] * adult
    return table


def pair_polymerises(config: Config, pack: DataPack) -> NDArray[np.bool_]:
    """Which genotypes have two polymerising alleles.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        The alleles.

    Returns
    -------
    ndarray of bool (n_genotypes,)
        In the order of the genotype axis.

    Notes
    -----
    Source: docs/model.md, section 7.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> int(pair_polymerises(Config(), data_pack()).sum())
    3
    """
    flags = polymerising(config, pack)
    return np.array([flags[i] and flags[j] for i, j in allele_pairs(len(flags))])
