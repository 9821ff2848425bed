"""The strategies of a config with what they leave to defaults filled in: whom they test, with what, for which reasons."""

from __future__ import annotations

from dataclasses import dataclass

from simulation.config.programme import How, Strategy, Testing
from simulation.config.schema import Config
from simulation.diagnosis.assays import LEVEL
from simulation.diagnosis.strategies import TODAY, TRIGGERS

CLASSICAL = "classical_triggers"
AFTER_LEVEL = "sz_genotyping"  # today's second test, where a config names none


@dataclass(frozen=True)
class Way:
    """One strategy, complete.

    Attributes
    ----------
    name, who : str
        As the config calls it; whom it tests.
    triggers : tuple of str
        Of classical triggers.
    first_test, then, how : str, str or None, str
        Its laboratory algorithm.
    cut_off_umol_l, cut_off_mg_dl : float or None
        At most one; neither: the default. [µmol/L, mg/dL]
    settings : Strategy
        As configured.
    """

    name: str
    who: str
    triggers: tuple[str, ...]
    first_test: str
    then: str | None
    how: How
    cut_off_umol_l: float | None
    cut_off_mg_dl: float | None
    settings: Strategy

    @property
    def measures_level(self) -> bool:
        """Whether its algorithm begins with the serum level."""
        return self.first_test == LEVEL

    @property
    def algorithm(self) -> str:
        """Its algorithm in words, the same for the same tests, so that it can be its key."""
        if self.cut_off_umol_l is not None:
            cut_off = f" below {self.cut_off_umol_l:g} µmol/L"
        else:
            cut_off = f" below {self.cut_off_mg_dl:g} mg/dL" if self.cut_off_mg_dl is not None else ""
        first = f"{self.first_test}{cut_off}" if self.measures_level else self.first_test
        if self.then is None:
            return first
        joined = f"{first}, {'and' if self.how == 'parallel' else 'then'} {self.then}"
        return f"{joined}, reflex sequencing" if self.how == "reflex" else joined


def ways(config: Config) -> list[Way]:
    """Strategies of a config, today's practice first.

    Parameters
    ----------
    config : Config
        One scenario.

    Returns
    -------
    list of Way
        Today's practice is there whether the config names it or not.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> [way.name for way in ways(Config(strategies={"all_copd": {}}))]
    ['todays_practice', 'all_copd']
    >>> ways(Config())[0].algorithm
    'level, then sz_genotyping, reflex sequencing'
    """
    named = dict(config.strategies)
    today = {TODAY: named.pop(TODAY, Strategy())}
    return [_way(name, settings, config) for name, settings in (today | named).items()]


def available_triggers(config: Config) -> tuple[str, ...]:
    """Classical triggers whose variables a config has switched on.

    Parameters
    ----------
    config : Config
        One scenario.

    Returns
    -------
    tuple of str
        Of `simulation.diagnosis.strategies.TRIGGERS`, in their order.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> set(TRIGGERS) - set(available_triggers(Config())) == {"liver_disease", "family_history"}
    True
    """
    return tuple(name for name in TRIGGERS if name not in switched_off(config))


def switched_off(config: Config) -> dict[str, str]:
    """Classical triggers that a config cannot see, and the key that would show them.

    Parameters
    ----------
    config : Config
        One scenario.

    Returns
    -------
    dict of str to str
        Trigger -> what to do.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> switched_off(Config())["family_history"]
    'set exposures.family_history above 0'
    """
    off = {}
    if config.liver.baseline_cirrhosis is None:
        off["liver_disease"] = "set liver.baseline_cirrhosis, the share of other adults with cirrhosis"
    if config.exposures.family_history == 0:
        off["family_history"] = "set exposures.family_history above 0"
    if config.copd.definition == "recorded":
        off["asthma_with_fixed_obstruction"] = (
            "choose a spirometric copd.definition: recorded COPD is not called asthma"
        )
    return off


def _way(name: str, settings: Strategy, config: Config) -> Way:
    who = settings.who or name
    triggers: tuple[str, ...] = ()
    if who == CLASSICAL:
        triggers = tuple(settings.triggers) if settings.triggers is not None else available_triggers(config)
    testing: Testing = config.testing
    if settings.first_test is None:
        second = testing.then or (AFTER_LEVEL if testing.first_test == LEVEL else None)
        first, then, how = testing.first_test, settings.then or second, settings.how or testing.how
    else:
        first, then, how = settings.first_test, settings.then, settings.how or "series"
    cut_offs = settings if (settings.cut_off_umol_l, settings.cut_off_mg_dl) != (None, None) else testing
    level = first == LEVEL
    return Way(
        name,
        who,
        triggers,
        first,
        then,
        how,
        cut_offs.cut_off_umol_l if level else None,
        cut_offs.cut_off_mg_dl if level else None,
        settings,
    )
