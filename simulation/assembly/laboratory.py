"""What tests make of the genotypes of a config, alone and one after the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulation.assembly.body import counted_as, likes
from simulation.config.schema import Config
from simulation.config.ways import Way
from simulation.data.pack import DataPack
from simulation.diagnosis.assays import Algorithm, outcome
from simulation.diagnosis.programme import RESULTS, AlgorithmLaw
from simulation.diagnosis.readings import NO_PROTEIN, reading_probabilities
from simulation.physiology.serum_aat import SerumLevels, low_level_probability

Array = NDArray[np.float64]


def reading_of(config: Config, pack: DataPack, test: str) -> Array:
    """What a test of the genotype reports of every genotype of a config.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        What tests read.
    test : str
        A test but the level.

    Returns
    -------
    ndarray (genotype, genotype + 1)
        P(reported | true); the last column is no protein at all. [proportion]

    Notes
    -----
    An allele that a config does not follow is reported as M, and so is one of its own, but by sequencing and where focusing
    sees no protein. Source: docs/model.md, section 11.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> reading_of(Config(), data_pack(), "sz_genotyping")[-1].tolist()[:2]
    [1.0, 0.0]
    """
    alleles, kinds = config.genetics.alleles, likes(config, pack)
    rows = pack.readings[test]
    read_as = {}
    for allele, kind in zip(alleles[1:], kinds[1:], strict=True):
        if allele in rows:
            name = rows[allele].read_as
            read_as[allele] = (name if name in (*alleles, NO_PROTEIN) else "M", rows[allele].sensitivity)
        else:
            read_as[allele] = _own_reading(test, allele, kind)
    return reading_probabilities(alleles, read_as)


class Laboratory:
    """What tests make of the genotypes of a config.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        Tests and what they read.
    values : dict of str to ndarray (BLOCK_SIZE,)
        Drawn parameters.
    serum : SerumLevels
        Of every genotype.
    """

    def __init__(self, config: Config, pack: DataPack, values: dict[str, Array], serum: SerumLevels) -> None:
        self._config, self._pack, self._values, self._serum = config, pack, values, serum
        sets = np.array(counted_as(config, pack))
        # the last reading is that of no protein at all, which is reported as deficient
        self.severe = np.append(sets == "severe", True)
        self._explains_low = np.append(np.isin(sets, ("severe", "intermediate")), True)
        self._normal = np.append(np.arange(len(sets)) == 0, False)  # a report of MM names no deficiency allele

    def reading(self, test: str) -> Array:
        """P(reported genotype | genotype) of a test of the genotype."""
        return reading_of(self._config, self._pack, test)

    def named(self, reading: Array) -> Array:
        """P(a deficiency allele is named | reported as not severe)."""
        blind = reading[:, ~self.severe].sum(axis=-1)
        naming = reading[:, ~self.severe & ~self._normal].sum(axis=-1)
        return np.asarray(np.divide(naming, blind, out=np.zeros(blind.shape), where=blind > 0))

    def cost(self, test: str) -> float:
        """Cost of one test, in the config's currency."""
        own = self._config.testing.tests.get(test)
        cost = self._pack.lab_tests[test].cost if own is None or own.cost is None else own.cost
        return float("nan") if cost is None else cost

    def days(self, test: str) -> float:
        """Days until its result."""
        own = self._config.testing.tests.get(test)
        days = self._pack.lab_tests[test].turnaround_days
        days = days if own is None or own.turnaround_days is None else own.turnaround_days
        return float("nan") if days is None else days

    def cut_off(self, way: Way) -> Array:
        """Level in µmol/L below which a first test is positive."""
        if way.cut_off_umol_l is not None:
            return np.full(1, way.cut_off_umol_l)
        factor = self._values["aat.conversion.umol_per_mgdl"]
        mg_dl = self._values["diag.cutoff.optimal_mg_dl"] if way.cut_off_mg_dl is None else way.cut_off_mg_dl
        return np.asarray(factor * mg_dl)

    def below(self, limit: Array) -> Array:
        """P(level below a limit), by replicate and genotype."""
        serum = self._serum
        return low_level_probability(
            serum.geometric_mean, serum.log_sd, limit[:, None], serum.inflamed_share, serum.inflamed_ratio[:, None]
        )

    def law(self, way: Way) -> AlgorithmLaw:
        """What a strategy's algorithm makes of every genotype."""
        test = way.then if way.measures_level else way.first_test
        reading = None if test is None else self.reading(test)
        cut_off = self.cut_off(way) if way.measures_level else np.full(1, np.inf)
        threshold = np.minimum(cut_off, self._serum.threshold)
        made = outcome(
            Algorithm(way.first_test, way.then, way.how, float(cut_off[0])),
            self.below(cut_off),
            self.below(threshold),
            reading,
            self.severe,
            self._explains_low,
            self.reading("sequencing"),
        )
        result = np.stack(np.broadcast_arrays(*(getattr(made, name) for name in RESULTS)), axis=-1)
        parallel = way.how == "parallel" and way.then is not None
        stepwise = way.measures_level and not parallel
        cost: Array = np.asarray(sum(n * self.cost(name) for name, n in made.n_tests.items()))
        shape = result.shape[:-1]
        return AlgorithmLaw(
            label=way.algorithm,
            result=result,
            positive=tuple(name in ("found", "not_confirmed") or (name == "blind" and stepwise) for name in RESULTS),
            genotyped=tuple(name in ("found", "blind") or (name == "not_confirmed" and parallel) for name in RESULTS),
            named=np.broadcast_to(self._named(way, reading, self.below(cut_off), self.below(threshold)), shape),
            cost=np.broadcast_to(cost, shape),
            days=self._turnaround(way),
        )

    def _named(self, way: Way, reading: Array | None, below_cut_off: Array, below_threshold: Array) -> Array:
        """P(a deficiency allele is named | the genotype was read as not severe), sequencing of the reflex included."""
        if reading is None:
            return np.zeros(len(self.severe) - 1)
        if not (way.measures_level and way.how == "reflex"):
            return self.named(reading)
        b, t = below_cut_off, below_threshold
        sequenced = self.reading("sequencing")
        not_severe, naming = ~self.severe, ~self.severe & ~self._normal
        explained, unexplained = reading[:, self._explains_low & not_severe], reading[:, ~self._explains_low]
        e, u = explained.sum(axis=-1), unexplained.sum(axis=-1)
        u_named = reading[:, ~self._explains_low & ~self._normal].sum(axis=-1)
        seq_blind, seq_named = sequenced[:, not_severe].sum(axis=-1), sequenced[:, naming].sum(axis=-1)
        blind = b * e + (b - t) * u + t * u * seq_blind
        # a report names an allele if the first reading or, of those sequenced, sequencing does
        named = b * e + (b - t) * u_named + t * (u_named * seq_blind + (u - u_named) * seq_named)
        return np.asarray(np.clip(np.divide(named, blind, out=np.zeros(blind.shape), where=blind > 0), 0.0, 1.0))

    def _turnaround(self, way: Way) -> float:
        days = [self.days(test) for test in (way.first_test, way.then) if test is not None]
        if way.how == "parallel":
            return max(days)
        return sum(days) + (self.days("sequencing") if way.how == "reflex" and way.then is not None else 0.0)


def _own_reading(test: str, allele: str, kind: str) -> tuple[str, float]:
    """An allele of the config's own: sequencing sees it, focusing sees that a null makes no protein, the rest is blind."""
    if test == "sequencing":
        return allele, 1.0
    return (NO_PROTEIN if test == "isoelectric_focusing" and kind == "null" else "M"), 1.0
