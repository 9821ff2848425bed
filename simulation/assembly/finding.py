"""Link 8: who is tested, today and by every strategy, and what the laboratory makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.assembly.body import counted_as
from simulation.assembly.laboratory import Laboratory
from simulation.assembly.parameters import UPTAKE, central, strategy_uptake_name
from simulation.config.schema import Config
from simulation.config.ways import Way, ways
from simulation.data.pack import DataPack
from simulation.diagnosis.delay import age_at_first_symptom, recognised_years, share_over, years_since_first_symptom
from simulation.diagnosis.programme import (
    RESULTS,
    UNRECOGNISED,
    AlgorithmLaw,
    CascadeLaw,
    Programme,
    Relation,
    StrategyLaw,
)
from simulation.diagnosis.strategies import TODAY, uptake_after_offers
from simulation.genetics.relatives import relative_probabilities
from simulation.genetics.transmission import gametes
from simulation.labels import AGES, HISTORY_SMOKING, SEXES, SMOKING, STATES
from simulation.physiology.serum_aat import SerumLevels

Array = NDArray[np.float64]
MANY_DOCTORS = 3
FURTHEST = 4  # a relative's number of siblings, children, ... goes up to so many times the mean
_FOUND = RESULTS.index("found")
_DIAGNOSED, _DIAGNOSED_RECOGNISED = STATES.index("diagnosed"), STATES.index("diagnosed_recognised")


@dataclass(frozen=True)
class Links:
    """What the links before give.

    Attributes
    ----------
    serum : SerumLevels
        (replicate, genotype).
    ancestry_share : ndarray (population, ancestry)
        [proportion]
    ancestry_genotype : ndarray (replicate, population, ancestry, genotype)
        [proportion]
    state : ndarray (replicate, population, genotype, 2, state)
        [proportion]
    copd : sequence of ndarray (replicate, sex, age, history, risk genotype)
        One for each population, or one for all. [proportion]
    risk_of : ndarray of int (genotype,)
        Position of each genotype's risk genotype.
    pack_years : ndarray (age, history)
        [pack-years]
    cirrhosis, panniculitis, bronchiectasis : ndarray (replicate, age or sex, genotype)
        The second has neither age nor sex. [proportion]
    """

    serum: SerumLevels
    ancestry_share: Array
    ancestry_genotype: Array
    state: Array
    copd: Sequence[Array]
    risk_of: NDArray[np.intp]
    pack_years: Array
    cirrhosis: Array
    panniculitis: Array
    bronchiectasis: Array


def programme(config: Config, pack: DataPack, values: dict[str, Array], links: Links) -> Programme:
    """Laws of today's practice, of every strategy, of the laboratory and of relatives.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        Tests and what they read.
    values : dict of str to ndarray (BLOCK_SIZE,)
        Drawn parameters.
    links : Links
        The links before.

    Returns
    -------
    Programme
        Of one block.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> import simulation
    >>> inputs = simulation.build_inputs({"strategies": {"all_copd": {"uptake": 0.4}}})
    >>> inputs.programme.names
    ('todays_practice', 'all_copd')
    """
    found = ways(config)
    laboratory = Laboratory(config, pack, values, links.serum)
    keys = list(dict.fromkeys(way.algorithm for way in found))
    algorithms = tuple(laboratory.law(next(way for way in found if way.algorithm == key)) for key in keys)
    asked = {way.who for way in found}
    strategies = tuple(
        StrategyLaw(
            way.name,
            way.who,
            way.triggers,
            keys.index(way.algorithm),
            _uptake(way, config, values),
            way.settings.cascade,
        )
        for way in found
    )
    tested, result = _today(config, pack, values, links, algorithms[0])
    ages = ("diag.trigger.young_copd_years", "diag.trigger.early_emphysema_years")
    few = "copd_under_65_or_20_pack_years" in asked
    return Programme(
        strategies=strategies,
        algorithms=algorithms,
        tested_today=tested,
        result_today=result,
        few_pack_years=_few_pack_years(links, values) if few else np.zeros((1,) * 6),
        born_since=np.clip((config.testing.years - np.array(AGES)) / 5, 0.0, 1.0),
        signs=_signs(config, pack, values, links, {name for way in found for name in way.triggers}),
        ages=(_number(values, ages[0]), _number(values, ages[1])),
        cascade=_cascade(config, pack, values, links, laboratory) if any(s.cascade for s in strategies) else None,
        **_delay(values),
        delay=_delay_law(values),
    )


def _number(values: dict[str, Array], name: str) -> float:
    """A parameter without chance; 0 where the run does not use it."""
    return float(values[name][0]) if name in values else 0.0


def _uptake(way: Way, config: Config, values: dict[str, Array]) -> Array:
    if way.who == TODAY:
        return np.zeros(1)
    uptake = way.settings.uptake
    once = np.ones(1) if uptake is None else values[strategy_uptake_name(uptake)]
    return uptake_after_offers(np.asarray(once, float), way.settings.interval_years, config.testing.years)


def _today(
    config: Config, pack: DataPack, values: dict[str, Array], links: Links, algorithm: AlgorithmLaw
) -> tuple[Array, Array]:
    """P(tested | COPD diagnosed, not recognised) and what came of it.

    Of people with diagnosed COPD a share u is tested; of severe ones as many as it takes to recognise the share r, all their
    genotypes alike, for nobody knows them beforehand. Whom the test cannot see is recognised in another way; who is found
    beyond r was not followed up.
    """
    uptake = values[UPTAKE if UPTAKE in values else "diag.copd_tested.recommended"][:, None, None]
    joint = links.state[..., 1, [_DIAGNOSED, _DIAGNOSED_RECOGNISED]]
    diagnosed = joint.sum(axis=-1)
    r = np.divide(joint[..., 1], diagnosed, out=np.zeros(diagnosed.shape), where=diagnosed > 0)
    result = np.broadcast_to(algorithm.result[:, None], (*r.shape, len(RESULTS)))
    found = result[..., _FOUND]
    genotype = (links.ancestry_share[None, ..., None] * links.ancestry_genotype).sum(axis=2)
    severe = genotype * np.array([name == "severe" for name in counted_as(config, pack)])
    sought, seen = (severe * r).sum(axis=-1, keepdims=True), (severe * found).sum(axis=-1, keepdims=True)
    needed = np.divide(sought, seen, out=np.zeros(seen.shape), where=seen > 0)
    tested = np.minimum(np.where(r > 0, np.maximum(uptake, needed), uptake), 1.0)
    unrecognised = tested[..., None] * result
    unrecognised[..., _FOUND] = np.maximum(tested * found - r, 0.0)
    left = unrecognised.sum(axis=-1)
    nothing = np.broadcast_to(np.eye(len(RESULTS))[RESULTS.index("negative")], unrecognised.shape)
    share = np.divide(unrecognised, left[..., None], out=nothing.copy(), where=left[..., None] > 0)
    p_tested = np.divide(left, 1 - r, out=np.zeros(r.shape), where=r < 1)
    return np.clip(p_tested, 0.0, 1.0), share


def _few_pack_years(links: Links, values: dict[str, Array]) -> Array:
    """P(few pack-years | sex, age, smoking, genotype, COPD): by Bayes, classes of one status being equally probable."""
    few = links.pack_years < values["diag.trigger.few_pack_years"][0]
    tables = []
    for copd in links.copd:
        columns = []
        for status in SMOKING:
            at = [i for i, name in enumerate(HISTORY_SMOKING) if name == status]
            joint = copd[:, :, :, at]
            low = (joint * few[:, at][..., None]).sum(axis=3)
            total = joint.sum(axis=3)
            columns.append(np.divide(low, total, out=np.zeros(total.shape), where=total > 0))
        tables.append(np.stack(columns, axis=3))
    return np.stack(tables, axis=1)[..., links.risk_of]


def _signs(
    config: Config, pack: DataPack, values: dict[str, Array], links: Links, wanted: set[str]
) -> dict[str, Array]:
    """P(sign | leaf) of what only some people have; axes replicate, population, sex, age, genotype, smoking, state."""
    n = len(links.risk_of)
    shape = (-1, 1, 1, 1, n, 1, 1)
    diagnosed = np.array([state == "diagnosed" for state in UNRECOGNISED], float)
    everybody = np.ones(len(UNRECOGNISED))
    is_severe = np.array([name == "severe" for name in counted_as(config, pack)])
    found: dict[str, Array] = {}
    if "basal_emphysema" in wanted:
        severe, others = (values[f"diag.trigger.basal_emphysema.{who}"][:, None] for who in ("severe", "others"))
        found["basal_emphysema"] = np.where(is_severe, severe, others).reshape(shape) * diagnosed
    if "liver_disease" in wanted:
        # genotypes without a risk of their own have the baseline, as far as adults go
        adult = np.array(AGES) >= values["liver.adult.min_age_years"][0]
        baseline = (config.liver.baseline_cirrhosis or 0.0) * adult[:, None]
        own = links.cirrhosis.any(axis=(0, 1))
        p = np.where(own, links.cirrhosis, baseline)
        found["liver_disease"] = p.reshape(len(p), 1, 1, len(AGES), n, 1, 1) * everybody
    if "panniculitis" in wanted:
        found["panniculitis"] = links.panniculitis.reshape(shape) * everybody
    if "bronchiectasis" in wanted:
        p = links.bronchiectasis.reshape(-1, 1, len(SEXES), 1, n, 1, 1)
        found["bronchiectasis"] = p * everybody
    if "family_history" in wanted:
        share, ratio = config.exposures.family_history, values["lung.copd_or.family_history"]
        p = share * ratio / (1 - share + share * ratio)
        found["family_history"] = p.reshape(-1, 1, 1, 1, 1, 1, 1) * diagnosed
    return found


def _cascade(
    config: Config, pack: DataPack, values: dict[str, Array], links: Links, laboratory: Laboratory
) -> CascadeLaw:
    first = _cascade_uptake(config.cascade.uptake_first_degree, "first", values)
    second = _cascade_uptake(config.cascade.uptake_second_degree, "second", values)
    wanted: list[tuple[str, str, int, Array]] = [
        ("parents", "parent", 2, values["cascade.parents_alive"] * first),
    ]
    for name, relation, row, uptake in (
        ("siblings", "sibling", "cascade.n_siblings", first),
        ("children", "child", "cascade.n_children", first),
        ("second_degree", "half_sibling", "cascade.n_second_degree", second),
    ):
        most = max(1, int(np.ceil(FURTHEST * central(config, pack, row))))
        wanted.append((name, relation, most, np.minimum(values[row] / most, 1.0) * uptake))
    by_relation = {relation: _relatives(links, config, relation) for _, relation, _, _ in wanted}
    reading = laboratory.reading(config.cascade.test)
    severe = reading[:, laboratory.severe].sum(axis=-1)[None]
    return CascadeLaw(
        relations=tuple(Relation(name, most, tested, by_relation[relation]) for name, relation, most, tested in wanted),
        reported_severe=severe,
        named=laboratory.named(reading)[None],
        cost=laboratory.cost(config.cascade.test),
    )


def _cascade_uptake(uptake: Any, degree: str, values: Mapping[str, Array]) -> Array:
    row = f"cascade.uptake_{degree}_degree"
    return values[row if uptake is None else strategy_uptake_name(uptake)]


def _relatives(links: Links, config: Config, relation: str) -> Array:
    """P(genotype of a relative | that of the index person), their ancestry summed out: relatives share it."""
    by_ancestry = links.ancestry_genotype
    q = by_ancestry @ gametes(len(config.genetics.alleles))
    given = relative_probabilities(q / q.sum(axis=-1, keepdims=True), relation)
    joint = links.ancestry_share[None, :, :, None] * by_ancestry
    total = joint.sum(axis=2, keepdims=True)
    even = np.broadcast_to(links.ancestry_share[None, :, :, None], joint.shape)
    share = np.where(total > 0, np.divide(joint, total, out=np.zeros(joint.shape), where=total > 0), even)
    mixed = np.einsum("rpag,rpagh->rpgh", share, given)
    return np.asarray(mixed / mixed.sum(axis=-1, keepdims=True))


def _delay(values: dict[str, Array]) -> dict[str, Array]:
    """Of one person with COPD, by smoking and age: P(first symptom before now), and expected sums over those with one."""
    edges = np.append(np.array(AGES, float), AGES[-1] + 5.0)
    delay = [values[f"diag.delay.{what}_years"] for what in ("mean", "sd")]
    law = [
        np.stack([values[f"diag.first_symptom_age.{who}.{what}_years"] for who in ("never", "ever")])
        for what in ("mean", "sd")
    ]
    p, since = years_since_first_symptom(edges[:-1], edges[1:], *(x[..., None] for x in law))
    found = {
        "symptomatic": p,
        "years": p * since,
        "age_at_first_symptom": p * age_at_first_symptom(edges[:-1], edges[1:], *(x[..., None] for x in law)),
        "years_until_recognised": p * recognised_years(edges, *law, *delay),
    }
    smoked = [int(status != "never") for status in SMOKING]
    return {name: np.moveaxis(table[smoked], 0, 1) for name, table in found.items()}


def _delay_law(values: dict[str, Array]) -> Array:
    doctors = values["diag.n_doctors.mean"], values["diag.n_doctors.sd"]
    ages = [values[f"diag.first_symptom_age.{who}.mean_years"] for who in ("never", "ever")]
    columns = [*ages, values["diag.delay.mean_years"], doctors[0], share_over(MANY_DOCTORS, *doctors)]
    return np.stack(np.broadcast_arrays(*columns), axis=-1)
