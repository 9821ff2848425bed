"""Strategies, tests, cascade: names that exist, algorithms that can be, triggers that can be seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from simulation.config.checks.parameters import check_value
from simulation.config.checks.people import named_populations
from simulation.config.schema import Config
from simulation.config.ways import CLASSICAL, Way, switched_off, ways
from simulation.data.pack import DataPack
from simulation.diagnosis.assays import LEVEL, algorithm_mistakes
from simulation.diagnosis.strategies import STRATEGIES, TODAY, TRIGGERS
from simulation.errors import nearest


def check_finding(config: Config, pack: DataPack) -> Iterator[str]:
    """Strategies, tests and cascade.

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
    >>> next(check_finding(Config(strategies={"all_cpod": {}}), data_pack()))
    'strategies.all_cpod: unknown strategy; did you mean all_copd? Or give the table a name of your own and say who = ...'
    """
    tests = list(pack.lab_tests)
    usual = ways(Config(testing=config.testing))[0]
    for text in algorithm_mistakes(usual.first_test, usual.then, usual.how, tests):
        yield f"testing.{text}"
    if config.testing.first_test != LEVEL:
        yield from _idle_cut_off("testing", config.testing.cut_off_umol_l, config.testing.cut_off_mg_dl)
    for way in ways(config):
        key, settings = f"strategies.{way.name}", way.settings
        if way.who not in STRATEGIES:
            if settings.who is None:
                yield (
                    f"{key}: unknown strategy{nearest(way.name, list(STRATEGIES)) or _all(STRATEGIES)} Or give the table a"
                    " name of your own and say who = ..."
                )
            else:
                yield f'{key}.who = "{way.who}"; unknown strategy{nearest(way.who, list(STRATEGIES)) or _all(STRATEGIES)}'
        if settings.first_test is not None or settings.then is not None or settings.how is not None:
            for text in algorithm_mistakes(way.first_test, way.then, way.how, tests):
                yield f"{key}.{text}"
        if way.name == TODAY and settings.cascade:
            yield f'{key}.cascade: others are compared with it; name another table and say who = "{TODAY}", cascade = true'
        if settings.how is not None and way.then is None:
            yield f"{key}.how would change nothing: there is no second test; remove it"
        if not way.measures_level:
            yield from _idle_cut_off(key, settings.cut_off_umol_l, settings.cut_off_mg_dl)
        if TODAY in (way.name, way.who):
            yield from _todays_practice(key, way)
        yield from check_value(f"{key}.uptake", settings.uptake, pack, "diag.copd_tested")
        if settings.interval_years is not None and way.who == "newborn_screening":
            yield f"{key}.interval_years: a newborn is offered the test once; remove it"
        elif settings.interval_years is not None and settings.interval_years > config.testing.years:
            yield (
                f"{key}.interval_years = {settings.interval_years:g}; strategies have been running for testing.years ="
                f" {config.testing.years:g}, so nobody is offered the test again; shorten it, lengthen years, or remove it"
            )
        if settings.triggers is not None:
            yield from _triggers(key, way.who, settings.triggers, config)
        if way.who == "newborn_screening" and not any(p.age_min == 0 for _, p in named_populations(config)):
            yield f"{key}: newborn screening needs people below {config.testing.years:g} years; set population.age_min = 0"
    yield from _costs(config, pack)
    test = config.cascade.test
    if test == LEVEL:
        yield 'cascade.test = "level"; the level alone never establishes the diagnosis; name a test of the genotype'
    elif test not in tests:
        yield f'cascade.test = "{test}"; unknown test{nearest(test, tests) or _all(tests)}'
    yield from check_value("cascade.uptake_first_degree", config.cascade.uptake_first_degree, pack, "cascade")
    yield from check_value("cascade.uptake_second_degree", config.cascade.uptake_second_degree, pack, "cascade")


def _todays_practice(key: str, way: Way) -> Iterator[str]:
    """What cannot be said of today's practice, by its own name or as another strategy's `who`."""
    if way.who != TODAY:
        yield f'{key}.who = "{way.who}"; {TODAY} is what the others are compared with; give the table another name'
        return
    given = {name for name, value in way.settings if value is not None}
    if "uptake" in given:
        yield f"{key}.uptake: today's practice has the uptake of [recognition]; remove it"
    idle = ["interval_years"]
    if way.name != TODAY:  # under its own name the tests are those of today
        idle += ["first_test", "then", "how", "cut_off_umol_l", "cut_off_mg_dl"]
    for name in idle:
        if name in given:
            yield f"{key}.{name} would change nothing: nobody is tested beyond today's practice; remove it"


def _triggers(key: str, who: str, triggers: list[str], config: Config) -> Iterator[str]:
    if who != CLASSICAL:
        yield f"{key}.triggers: only {CLASSICAL} has triggers; remove them"
        return
    off = switched_off(config)
    for name in triggers:
        if name not in TRIGGERS:
            yield f'{key}.triggers: unknown trigger "{name}"{nearest(name, list(TRIGGERS)) or _all(TRIGGERS)}'
        elif name in off:
            yield f"{key}.triggers: {name} needs a variable that this config has switched off; {off[name]}, or leave it out"
        elif triggers.count(name) > 1:
            yield f"{key}.triggers: {name} is named twice; name it once"


def _idle_cut_off(key: str, umol_l: float | None, mg_dl: float | None) -> Iterator[str]:
    for name, value in (("cut_off_umol_l", umol_l), ("cut_off_mg_dl", mg_dl)):
        if value is not None:
            yield f"{key}.{name} would change nothing: the first test is not the level; remove it"


def _costs(config: Config, pack: DataPack) -> Iterator[str]:
    testing = config.testing
    for name in testing.tests:
        if name not in pack.lab_tests:
            yield f"testing.tests.{name}: unknown test{nearest(name, list(pack.lab_tests)) or _all(pack.lab_tests)}"
    own = {name for name, table in testing.tests.items() if table.cost is not None}
    used = sorted((tests_used(config) & set(pack.lab_tests)) - own)
    foreign = [name for name in used if pack.lab_tests[name].currency != testing.currency]
    if foreign:
        known = dict.fromkeys(pack.lab_tests[name].currency for name in foreign)
        yield (
            f'testing.currency = "{testing.currency}"; costs are known in {", ".join(known)} only; give '
            f"{', '.join(f'testing.tests.{name}.cost' for name in foreign)} in {testing.currency}"
        )


def tests_used(config: Config) -> set[str]:
    """Laboratory tests that a config's strategies and cascade may do.

    Parameters
    ----------
    config : Config
        One scenario.

    Returns
    -------
    set of str
        Names.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> sorted(tests_used(Config()))
    ['level', 'sequencing', 'sz_genotyping']
    """
    used = set()
    for way in ways(config):
        used |= {way.first_test, *([way.then] if way.then else [])}
        if way.measures_level and way.how == "reflex" and way.then:
            used.add("sequencing")
        if way.settings.cascade:
            used.add(config.cascade.test)
    return used


def _all(names: Iterable[str]) -> str:
    return f"; it must be one of {', '.join(names)}."
