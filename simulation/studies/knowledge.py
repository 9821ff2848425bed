"""What is known of a prevalence today, and what a survey would add to it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulation.assembly import body
from simulation.assembly.genotypes import ancestry_shares, frequency_laws, mating_share
from simulation.assembly.parameters import central
from simulation.assembly.people import people
from simulation.config.schema import Config
from simulation.data.pack import DataPack
from simulation.errors import ConfigError, nearest
from simulation.genetics.hardy_weinberg import with_m_as_remainder
from simulation.genetics.mating import ancestry_genotypes
from simulation.inference.gene_counting import effective_share
from simulation.labels import DEFICIENCY_SETS, SETS, genotypes
from simulation.parameters.distributions import Beta, Distribution, Fixed
from simulation.parameters.draws import stratified_uniforms
from simulation.randomness import generator

Array = NDArray[np.float64]
N_DRAWS = 4096
STEP = 1e-4  # relative step of numerical derivatives


class Knowledge:
    """What is known of the allele frequencies of every ancestry of a config, and what a survey would add.

    Parameters
    ----------
    config : Config
        The base.
    pack : DataPack
        The rows.
    target : str
        "prevalence.NAME.proportion", NAME a genotype or a set.
    rho : float, default 0
        Between-survey correlation of the new survey: 0 where it samples the population itself. [dimensionless]

    Attributes
    ----------
    ancestries : list of str
        Of all populations.
    weight : ndarray, shape (n_ancestries,)
        Share of all people. [proportion]
    laws : list of list of Beta or None
        By ancestry and allele; None where the frequency is fixed or unknown.
    """

    def __init__(self, config: Config, pack: DataPack, target: str, rho: float = 0.0) -> None:
        self.config, self.rho = config, rho
        self.group = _group(config, pack, target)
        self.ancestries, share = ancestry_shares(config, pack)
        n_people = np.array([float(people(p, pack).sum()) for p in config.all_populations.values()])
        self.share, self.people = share, n_people / n_people.sum()
        self.weight = self.people @ share
        self.mating = mating_share(config)
        between = central(config, pack, "geno.between_survey_rho")
        self.laws, self.fixed, self.uniforms = [], [], []
        for ancestry in self.ancestries:
            rows = [_frequency(config, pack, ancestry, allele, between) for allele in config.genetics.alleles[1:]]
            self.laws.append([law for law, _, _ in rows])
            self.fixed.append([value for _, value, _ in rows])
            self.uniforms.append([_uniforms(config.seed, name) for _, _, name in rows])
        self._known: dict[int, Array] = {}

    def after(self, n_typed: Mapping[int, float], found: Mapping[tuple[int, int], float] | None = None) -> Array:
        """Draws of the prevalence after a survey.

        Parameters
        ----------
        n_typed : mapping of int to float
            Chromosomes by position of the ancestry.
        found : mapping of (int, int) to float, optional
            Copies found by (ancestry, allele after M). Default: as many as expected.

        Returns
        -------
        ndarray, shape (n_draws,)
            [proportion]
        """
        if self.mating == 0:  # ancestries do not mix: each adds its own part
            parts = [
                self._part(k, self._frequencies(k, n_typed[k], found)) if n_typed.get(k) else self._today(k)
                for k in range(len(self.ancestries))
            ]
            return np.asarray(sum(w * part for w, part in zip(self.weight, parts, strict=True)))
        q = np.stack([self._frequencies(k, n_typed.get(k, 0.0), found) for k in range(len(self.ancestries))], axis=1)
        total = np.zeros(N_DRAWS)
        for share, n_people in zip(self.share, self.people, strict=True):
            genotype = ancestry_genotypes(q, share[None], self.config.genetics.inbreeding, self.mating)
            total += n_people * (genotype[..., self.group].sum(axis=-1) @ share)
        return total

    def width(self, n_typed: Mapping[int, float]) -> float:
        """Relative width of the interval after a survey.

        Parameters
        ----------
        n_typed : mapping of int to float
            Chromosomes by position of the ancestry.

        Returns
        -------
        float
            (high − low)/mean. [proportion]
        """
        return relative_width(self.after(n_typed))

    def variance(self, n_typed: Mapping[int, float]) -> float:
        """Variance of the prevalence after a survey, by the delta method.

        Parameters
        ----------
        n_typed : mapping of int to float
            Chromosomes by position of the ancestry.

        Returns
        -------
        float
            [proportion²]
        """
        worth = np.array(
            [n * effective_share(n, self.rho) for n in (n_typed.get(k, 0.0) for k in range(len(self.laws)))]
        )
        return float((self.sensitivities / (self.behind + worth[:, None])).sum())

    @cached_property
    def behind(self) -> Array:
        """Chromosomes behind today's knowledge, and 1: shape (n_ancestries, n_alleles - 1); inf where it is fixed."""
        return np.array([[law.alpha + law.beta + 1 if law else np.inf for law in row] for row in self.laws])

    @cached_property
    def sensitivities(self) -> Array:
        """How much the prevalence's variance owes to each frequency.

        Returns
        -------
        ndarray, shape (n_ancestries, n_alleles - 1)
            Squared derivative times q (1 − q): divided by the chromosomes behind it, the variance. [proportion²]
        """
        rows = zip(self.laws, self.fixed, strict=True)
        base = [[law.central if law else value for law, value in zip(a, b, strict=True)] for a, b in rows]
        found = np.zeros((len(base), len(base[0])))
        for k, row in enumerate(self.laws):
            for a, law in enumerate(row):
                if law is not None and law.central > 0:
                    sides = []
                    for sign in (1, -1):
                        moved = [list(values) for values in base]
                        moved[k][a] *= 1 + sign * STEP
                        sides.append(self._at(np.array(moved)))
                    slope = (sides[0] - sides[1]) / (2 * STEP * law.central)
                    found[k, a] = slope**2 * law.central * (1 - law.central)
        return found

    def _at(self, q: Array) -> float:
        """The prevalence at given frequencies, shape (n_ancestries, n_alleles - 1)."""
        first = with_m_as_remainder(q)[None]
        total = 0.0
        for share, n_people in zip(self.share, self.people, strict=True):
            genotype = ancestry_genotypes(first, share[None], self.config.genetics.inbreeding, self.mating)
            total += float(n_people * (genotype[0][:, self.group].sum(axis=-1) @ share))
        return total

    def _today(self, k: int) -> Array:
        if k not in self._known:
            self._known[k] = self._part(k, self._frequencies(k, 0.0, None))
        return self._known[k]

    def _part(self, k: int, q: Array) -> Array:
        genotype = ancestry_genotypes(q[:, None], np.ones((1, 1)), self.config.genetics.inbreeding, 0.0)
        return np.asarray(genotype[:, 0, self.group].sum(axis=-1))

    def _frequencies(self, k: int, n: float, found: Mapping[tuple[int, int], float] | None) -> Array:
        columns = []
        for a, (law, value) in enumerate(zip(self.laws[k], self.fixed[k], strict=True)):
            if law is None:
                columns.append(np.full(N_DRAWS, value))
            else:
                worth = n * float(effective_share(n, self.rho))
                share = law.central if found is None or n == 0 else found[k, a] / n
                new = Beta(law.alpha + worth * share, law.beta + worth * (1 - share))
                columns.append(new.quantile(self.uniforms[k][a]))
        q = np.stack(columns, axis=1)
        return with_m_as_remainder(q / np.maximum(q.sum(axis=1, keepdims=True), 1.0))


def relative_width(drawn: Array) -> float:
    """Width of the 95 % interval against the mean.

    Parameters
    ----------
    drawn : ndarray, shape (n_draws,)
        [proportion]

    Returns
    -------
    float
        (high − low)/mean. [proportion]

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> round(relative_width(np.linspace(0.9, 1.1, 1001)), 3)
    0.19
    """
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float((high - low) / drawn.mean())


def _frequency(
    config: Config, pack: DataPack, ancestry: str, allele: str, rho: float
) -> tuple[Beta | None, float, str]:
    """What is known of one allele in one ancestry: a Beta, or a fixed value; and the name of its random numbers."""
    laws = frequency_laws(config, pack, ancestry, allele, rho)
    name = " ".join(key.removeprefix("allele.").replace(".", " ") for key in laws)
    mean, variance = 0.0, 0.0
    for law in laws.values():
        m, v = _moments(law)
        mean, variance = mean + m, variance + v
    if variance <= 0:
        return None, mean, name
    size = mean * (1 - mean) / variance - 1
    return Beta(mean * size, (1 - mean) * size), mean, name


def _moments(law: Distribution) -> tuple[float, float]:
    """Mean and variance; of a fixed value and a Beta exactly, of others by their quantiles."""
    if isinstance(law, Fixed):
        return law.value, 0.0
    if isinstance(law, Beta):
        size = law.alpha + law.beta
        return law.central, law.central * (1 - law.central) / (size + 1)
    values = np.clip(np.asarray(law.quantile((np.arange(N_DRAWS) + 0.5) / N_DRAWS), float), 0, 1)
    values = np.broadcast_to(values, (N_DRAWS,))
    return float(values.mean()), float(values.var())


def _uniforms(seed: int, name: str) -> Array:
    return stratified_uniforms(generator(seed, 0, f"plan {name}"), N_DRAWS)


def _group(config: Config, pack: DataPack, target: str) -> list[int]:
    """Positions of the genotypes that a target names."""
    counted = body.counted_as(config, pack)
    groups = {name: [k] for k, name in enumerate(genotypes(config.genetics.alleles))}
    groups |= {s: [k for k, c in enumerate(counted) if c == s] for s in SETS if s not in groups}
    groups["any_deficiency"] = [k for k, c in enumerate(counted) if c in DEFICIENCY_SETS]
    parts = target.split(".")
    if len(parts) != 3 or parts[0] != "prevalence" or parts[2] != "proportion" or parts[1] not in groups:
        near = nearest(parts[1], list(groups)) if len(parts) > 1 else ""
        raise ConfigError(
            f"--target {target}; it must be prevalence.NAME.proportion, NAME one of {', '.join(groups)}{near}"
        )
    return groups[parts[1]]
