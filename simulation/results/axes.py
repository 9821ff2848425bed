"""Names along the axes of stored sums: populations with their total, genotypes with their sets, rows of the tables."""

from __future__ import annotations

from dataclasses import dataclass

from simulation.labels import SETS, SEXES, SMOKING

TOTAL = "total"
ALL = "all"
COUNTED_SETS = ("carrier", "intermediate", "severe", "any_deficiency", ALL)  # as rows beside the genotypes
AGE_SETS = (*SETS, "any_deficiency", ALL)
SMOKING_ROWS = (*SMOKING, ALL)
SEX_ROWS = (*SEXES, "both")


@dataclass(frozen=True)
class Axes:
    """Names along the axes of the sums of one run.

    Attributes
    ----------
    populations : tuple of str
        With "total" at the end when there are several.
    groups : tuple of str
        Genotypes, then sets of genotypes.
    counted_as : tuple of str
        The set that counts each genotype.
    severe, liver : tuple of str
        Genotypes of the treatment funnel and of the liver table, each with a total at the end.
    ages : tuple of int
        Lower ends of the age groups. [years]
    rules : tuple of str
        Rules of augmentation therapy, the config's own first.
    strategies : tuple of str
        Today's practice, then the others.
    strategy_tests, strategy_days : tuple of str, of float
        Laboratory algorithm of each strategy; time until its last test is back. [days]
    matings, couples, ancestries, carrier_tests : tuple of str
        Of the tables of couples: who mates with whom, kinds of couples, ancestries, tests.
    """

    populations: tuple[str, ...]
    groups: tuple[str, ...]
    counted_as: tuple[str, ...]
    severe: tuple[str, ...]
    liver: tuple[str, ...]
    ages: tuple[int, ...]
    rules: tuple[str, ...]
    strategies: tuple[str, ...] = ()
    strategy_tests: tuple[str, ...] = ()
    strategy_days: tuple[float, ...] = ()
    matings: tuple[str, ...] = ()
    couples: tuple[str, ...] = ()
    ancestries: tuple[str, ...] = ()
    carrier_tests: tuple[str, ...] = ()

    def members(self, name: str) -> tuple[str, ...]:
        """Genotypes that a set counts.

        Parameters
        ----------
        name : str
            One of `simulation.labels.SETS`.

        Returns
        -------
        tuple of str
            In the order of the genotype axis.
        """
        return tuple(g for g, counted in zip(self.groups, self.counted_as, strict=False) if counted == name)

    @property
    def sets(self) -> tuple[str, ...]:
        """Sets of the tables by age."""
        return AGE_SETS
