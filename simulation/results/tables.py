"""The result tables: tidy, one row an answer, every number with its interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulation.care.augmentation import FUNNEL_STEPS
from simulation.labels import COPD_STATES, RECOGNISED_STATES, STATES, UNDIAGNOSED_STATES, age_label
from simulation.results.axes import ALL, SEX_ROWS, SMOKING_ROWS
from simulation.results.store import Replicates
from simulation.results.summary import interval, monte_carlo_error, one_in, one_in_text, spread

Array = NDArray[np.float64]
_COPD = [STATES.index(state) for state in COPD_STATES]
_UNDIAGNOSED = [STATES.index(state) for state in UNDIAGNOSED_STATES]
_ASTHMA = [STATES.index(state) for state in STATES if state.startswith("asthma_label")]
_RECOGNISED = [STATES.index(state) for state in RECOGNISED_STATES]
_RECOGNISED_COPD = [i for i in _RECOGNISED if i in _COPD]
_UNRECOGNISED_COPD = [i for i in _COPD if i not in _RECOGNISED]
_DIAGNOSED_UNRECOGNISED = [STATES.index("diagnosed")]
_DIAGNOSED_RECOGNISED = [STATES.index("diagnosed_recognised")]
_DIAGNOSED = _DIAGNOSED_UNRECOGNISED + _DIAGNOSED_RECOGNISED
_ALL_SMOKING = SMOKING_ROWS.index(ALL)
LIVER_OUTCOMES = ("n_people", "cirrhosis", "liver_cancer", "panniculitis")


@dataclass(frozen=True)
class Run:
    """What the tables of a run are made from.

    Attributes
    ----------
    replicates : dict of str to Replicates
        By scenario, the base first.
    definition : str
        How COPD is defined.
    n_births : dict of str to dict of str to float
        Births a year by scenario and population; NaN where unknown. [people per year]
    """

    replicates: Mapping[str, Replicates]
    definition: str
    n_births: Mapping[str, Mapping[str, float]]


def prevalence(run: Run) -> pd.DataFrame:
    """Genotypes and sets at birth and among the living.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        Columns as in docs/tables.md: people [people], proportions [proportion], 1 in N [people].

    Notes
    -----
    Source: docs/model.md, section 0.

    Examples
    --------
    >>> import simulation
    >>> table = simulation.run({"replicates": 2}).prevalence
    >>> sorted(set(table["at"]))
    ['birth', 'living']
    """
    rows: list[dict[str, Any]] = []
    for scenario, replicates in run.replicates.items():
        for population in replicates.axes.populations:
            size = _size(replicates, population)
            birth = replicates.expected("birth", population)
            births = run.n_births[scenario].get(population, np.nan)
            for i, genotype in enumerate(replicates.axes.groups):
                if genotype == ALL:
                    continue
                head = {"scenario": scenario, "population": population, "genotype": genotype}
                n = _people(replicates, "drawn", population, genotype)
                mean = _people(replicates, "expected", population, genotype)
                rows.append(
                    {**head, "at": "birth", **_prevalence_row(birth[:, i], birth[:, i], births, replicates, size)}
                )
                rows.append({**head, "at": "living", **_prevalence_row(n / size, mean / size, size, replicates, size)})
    order = ["scenario", "population", "at", "genotype"]
    table = pd.DataFrame(rows)
    return table[order + [c for c in table.columns if c not in order]].sort_values(
        ["scenario", "population", "at"], kind="stable", key=lambda column: column.map(_rank(column)), ignore_index=True
    )


def _rank(column: pd.Series[Any]) -> dict[Any, int]:
    return {value: i for i, value in enumerate(dict.fromkeys(column))}


def _prevalence_row(
    proportion: Array, expected: Array, denominator: float, replicates: Replicates, size: int
) -> dict[str, Any]:
    p = {name: float(value) for name, value in interval(proportion).items()}
    known = np.isfinite(denominator)
    row: dict[str, Any] = {f"n_{name}": value * denominator if known else np.nan for name, value in p.items()}
    row |= {f"proportion_{name}": value for name, value in p.items()}
    row |= {
        "one_in": float(one_in(p["mean"])),
        "one_in_low": float(one_in(p["high"])),
        "one_in_high": float(one_in(p["low"])),
    }
    row |= {name: float(value) for name, value in spread(proportion, expected).items()}
    row["mc_se"] = float(monte_carlo_error(proportion, replicates.block_sizes))
    row["text"] = one_in_text(p["mean"], p["low"], p["high"], size)
    return row


def carriers(run: Run) -> pd.DataFrame:
    """Carriers among the living, by genotype and together.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        Rows of `prevalence` for M with another allele, with the share of each among carriers [proportion].

    Notes
    -----
    Source: docs/model.md, section 0.

    Examples
    --------
    >>> import simulation
    >>> table = simulation.run({"replicates": 2}).carriers
    >>> table["genotype"].tolist()
    ['MS', 'MZ', 'M/rare', 'M/null', 'carrier']
    """
    table = prevalence(run)
    living = table[table["at"] == "living"].drop(columns="at")
    rows = []
    for (scenario, population), part in living.groupby(["scenario", "population"], sort=False):
        part = part.set_index("genotype")
        replicates = run.replicates[str(scenario)]
        everybody = _people(replicates, "drawn", str(population), "carrier")
        for name in (*replicates.axes.members("carrier"), "carrier"):
            share = _ratio(_people(replicates, "drawn", str(population), name), everybody)
            found = {f"share_of_carriers_{k}": float(v) for k, v in interval(share).items() if k != "median"}
            rows.append({"scenario": scenario, "population": population, "genotype": name, **part.loc[name], **found})
    return pd.DataFrame(rows)


def copd(run: Run) -> pd.DataFrame:
    """COPD by genotype or set and smoking, and what of it each cause accounts for.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        People [people], prevalence and share of all COPD [proportion]. Attributable numbers are expected ones.

    Notes
    -----
    Source: docs/model.md, section 5.

    Examples
    --------
    >>> import simulation
    >>> table = simulation.run({"replicates": 2}).copd
    >>> set(table["definition"]), set(table["smoking"])  # doctest: +SKIP
    ({'fixed_ratio'}, {'all', 'current', 'former', 'never'})
    """
    parts = []
    for scenario, replicates in run.replicates.items():
        for population in replicates.axes.populations:
            total = replicates.drawn("people", population, ALL)[:, _ALL_SMOKING][:, _COPD].sum(axis=1)
            for genotype in replicates.axes.groups:
                drawn = replicates.drawn("people", population, genotype)
                mean = replicates.expected("people", population, genotype)
                n, with_copd = drawn.sum(axis=-1), drawn[..., _COPD].sum(axis=-1)
                attributable = replicates.expected("attributable", population, genotype)
                parts.append(
                    _frame(
                        {"scenario": scenario, "population": population, "genotype": genotype, "smoking": SMOKING_ROWS},
                        {"definition": run.definition},
                        n_people=n,
                        n_copd=with_copd,
                        prevalence=_ratio(with_copd, n),
                        attributable_genotype=attributable[..., 0],
                        attributable_smoking=attributable[..., 1],
                        share_of_copd=_ratio(with_copd, total[:, None]),
                    ).assign(**spread(with_copd, mean[..., _COPD].sum(axis=-1)))
                )
    return pd.concat(parts, ignore_index=True)


def copd_by_age(run: Run) -> pd.DataFrame:
    """COPD by set, sex and age group.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        People [people] and prevalence [proportion]; age groups without people are left out.

    Notes
    -----
    Source: docs/model.md, section 5.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2}).copd_by_age["sex"].unique().tolist()
    ['male', 'female', 'both']
    """
    parts = []
    for scenario, replicates in run.replicates.items():
        ages = [age_label(age) for age in replicates.axes.ages]
        index = pd.MultiIndex.from_product([SEX_ROWS, ages], names=["sex", "age"])
        for population in replicates.axes.populations:
            occupied = replicates.drawn("by_age", population, ALL)[..., 0].any(axis=0).ravel()
            for name in replicates.axes.sets:
                drawn = replicates.drawn("by_age", population, name).reshape(len(replicates), -1, 2)
                mean = replicates.expected("by_age", population, name).reshape(len(replicates), -1, 2)
                frame = _frame(
                    {
                        "scenario": scenario,
                        "population": population,
                        "set": name,
                        "sex": index.get_level_values("sex"),
                        "age": index.get_level_values("age"),
                    },
                    {"definition": run.definition},
                    n_people=drawn[..., 0],
                    n_copd=drawn[..., 1],
                    prevalence=_ratio(drawn[..., 1], drawn[..., 0]),
                ).assign(**spread(drawn[..., 1], mean[..., 1]))
                parts.append(frame[occupied])
    return pd.concat(parts, ignore_index=True)


def recognition(run: Run) -> pd.DataFrame:
    """Who with COPD is diagnosed, and whose deficiency is recognised.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        People [people]. Columns on undiagnosed COPD are empty where COPD is defined by its diagnosis; columns on the
        deficiency are empty for genotypes that the set severe does not count.

    Notes
    -----
    Source: docs/model.md, section 6.

    Examples
    --------
    >>> import simulation
    >>> table = simulation.run({"replicates": 2}).recognition.set_index("genotype")
    >>> row = table.loc["severe"]
    >>> bool(np.isclose(row.n_copd_mean, row.undiagnosed_aatd_with_copd_mean + row.n_aatd_recognised_with_copd_mean))
    True
    """
    rows = []
    for scenario, replicates in run.replicates.items():
        for population in replicates.axes.populations:
            for genotype in replicates.axes.groups:
                drawn = replicates.drawn("people", population, genotype)[:, _ALL_SMOKING]
                mean = replicates.expected("people", population, genotype)[:, _ALL_SMOKING]
                row: dict[str, Any] = {"scenario": scenario, "population": population, "genotype": genotype}
                row |= {"definition": run.definition, "counted_set": "severe"}
                counts = {
                    "n_copd": _COPD,
                    "n_copd_undiagnosed": _UNDIAGNOSED,
                    "n_asthma_label": _ASTHMA,
                    "n_copd_diagnosed": _DIAGNOSED,
                    "n_copd_diagnosed_aatd_unrecognised": _DIAGNOSED_UNRECOGNISED,
                    "n_copd_diagnosed_aatd_recognised": _DIAGNOSED_RECOGNISED,
                    "n_aatd_recognised_with_copd": _RECOGNISED_COPD,
                    "n_aatd_recognised": _RECOGNISED,
                    "undiagnosed_aatd_with_copd": _UNRECOGNISED_COPD,
                }
                has_aatd = genotype in ("severe", *replicates.axes.members("severe"))
                for name, columns in counts.items():
                    unknown = run.definition == "recorded" and name in ("n_copd_undiagnosed", "n_asthma_label")
                    empty = unknown or ("aatd" in name and not has_aatd)
                    found = interval(drawn[:, columns].sum(axis=1))
                    row |= {f"{name}_{k}": np.nan if empty else float(v) for k, v in found.items() if k != "median"}
                burden = (drawn[:, _UNRECOGNISED_COPD].sum(axis=1), mean[:, _UNRECOGNISED_COPD].sum(axis=1))
                row |= {k: float(v) if has_aatd else np.nan for k, v in spread(*burden).items()}
                rows.append(row)
    return pd.DataFrame(rows)


def liver(run: Run) -> pd.DataFrame:
    """Liver disease and panniculitis by genotype.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        Outcomes: cholestasis_in_infancy (a year, expected, where births are known), cirrhosis, liver_cancer,
        panniculitis. People [people], proportion of people with the genotype [proportion].

    Notes
    -----
    Source: docs/model.md, section 7.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2}).liver["outcome"].unique().tolist()
    ['cholestasis_in_infancy', 'cirrhosis', 'liver_cancer', 'panniculitis']
    """
    rows: list[dict[str, Any]] = []
    for scenario, replicates in run.replicates.items():
        for population in replicates.axes.populations:
            births = run.n_births[scenario].get(population, np.nan)
            infants = replicates.expected("cholestasis", population)
            born = replicates.expected("birth", population)
            for genotype in replicates.axes.liver:
                head = {"scenario": scenario, "population": population, "genotype": genotype}
                names = replicates.axes.liver[:-1] if genotype == ALL else (genotype,)
                columns = [replicates.axes.groups.index(name) for name in names]
                per_year, at_risk = infants[:, columns].sum(axis=1), born[:, columns].sum(axis=1)
                row: dict[str, Any] = {**head, "outcome": "cholestasis_in_infancy", "per": "year"}
                row |= {f"n_{k}": float(v) * births for k, v in interval(per_year).items()}
                row |= {f"proportion_{k}": float(v) for k, v in interval(_ratio(per_year, at_risk)).items()}
                rows.append(row | {"sd_parameters": float(per_year.std()) * births, "sd_chance": 0.0})
                drawn = replicates.drawn("liver", population, genotype)
                mean = replicates.expected("liver", population, genotype)
                for i, outcome in enumerate(LIVER_OUTCOMES[1:], start=1):
                    row = {**head, "outcome": outcome, "per": "living"}
                    row |= {f"n_{k}": float(v) for k, v in interval(drawn[:, i]).items()}
                    share = interval(_ratio(drawn[:, i], drawn[:, 0]))
                    row |= {f"proportion_{k}": float(v) for k, v in share.items()}
                    rows.append(row | {k: float(v) for k, v in spread(drawn[:, i], mean[:, i]).items()})
    return pd.DataFrame(rows, columns=None if rows else ["scenario", "population", "genotype", "outcome", "per"])


def treatment(run: Run) -> pd.DataFrame:
    """The funnel from severe genotypes to augmentation therapy.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        Steps in order; people left [people] and the share of the step before [proportion].

    Notes
    -----
    Source: docs/model.md, section 8.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2}).treatment["step"].head(3).tolist()
    ['severe', 'adult', 'below_threshold']
    """
    parts = []
    for scenario, replicates in run.replicates.items():
        for population in replicates.axes.populations:
            for genotype in reversed(replicates.axes.severe):
                drawn = replicates.drawn("funnel", population, genotype)
                mean = replicates.expected("funnel", population, genotype)
                before = np.concatenate([drawn[:, :1], drawn[:, :-1]], axis=1)
                parts.append(
                    _frame(
                        {"scenario": scenario, "population": population, "genotype": genotype, "step": FUNNEL_STEPS},
                        {"definition": run.definition},
                        n=drawn,
                        share_of_step_before=_ratio(drawn, before),
                    ).assign(**spread(drawn, mean))
                )
    return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True)
class Headline:
    """One number that a reader of the report looks for first.

    Attributes
    ----------
    name, label : str
        Column value; words.
    values : callable
        (replicates, "drawn" or "expected", population) -> ndarray (n_replicates,). [people]
    needs_spirometry : bool
        Whether it has no meaning for recorded COPD.
    """

    name: str
    label: str
    values: Callable[[Replicates, str, str], NDArray[Any]]
    needs_spirometry: bool = False


def _people(replicates: Replicates, kind: str, population: str, genotype: str) -> NDArray[Any]:
    """People of a genotype or set in every replicate."""
    return np.asarray(getattr(replicates, kind)("people", population, genotype)[:, _ALL_SMOKING].sum(axis=-1))


def _in_states(genotype: str, states: list[int]) -> Callable[[Replicates, str, str], NDArray[Any]]:
    def values(replicates: Replicates, kind: str, population: str) -> NDArray[Any]:
        array = getattr(replicates, kind)("people", population, genotype)
        return np.asarray(array[:, _ALL_SMOKING][:, states].sum(axis=1))

    return values


def _attributable(cause: int) -> Callable[[Replicates, str, str], NDArray[Any]]:
    def values(replicates: Replicates, kind: str, population: str) -> NDArray[Any]:
        return replicates.expected("attributable", population, ALL)[:, _ALL_SMOKING, cause]

    return values


def _funnel(step: str) -> Callable[[Replicates, str, str], NDArray[Any]]:
    def values(replicates: Replicates, kind: str, population: str) -> NDArray[Any]:
        array = getattr(replicates, kind)("funnel", population, "severe")
        return np.asarray(array[:, FUNNEL_STEPS.index(step)])

    return values


_EVERYBODY = list(range(len(STATES)))
HEADLINES = (
    Headline("carriers", "Carriers of a deficiency allele", _in_states("carrier", _EVERYBODY)),
    Headline("any_deficiency", "Any deficiency (SS, intermediate, severe)", _in_states("any_deficiency", _EVERYBODY)),
    Headline("severe_deficiency", "Severe deficiency", _in_states("severe", _EVERYBODY)),
    Headline("copd", "COPD, all people", _in_states(ALL, _COPD)),
    Headline("copd_undiagnosed", "COPD that nobody has diagnosed", _in_states(ALL, _UNDIAGNOSED), True),
    Headline("copd_in_severe", "Severe deficiency with COPD", _in_states("severe", _COPD)),
    Headline(
        "copd_in_severe_undiagnosed",
        "Severe deficiency with COPD that nobody has diagnosed",
        _in_states("severe", _UNDIAGNOSED),
        True,
    ),
    Headline(
        "undiagnosed_aatd_with_copd",
        "Severe deficiency with COPD whose cause nobody has recognised",
        _in_states("severe", _UNRECOGNISED_COPD),
    ),
    Headline("aatd_recognised", "Severe deficiency recognised", _in_states("severe", _RECOGNISED)),
    Headline("attributable_to_genotype", "COPD attributable to genotype", _attributable(0)),
    Headline("attributable_to_smoking", "COPD attributable to smoking", _attributable(1)),
    Headline("eligible_for_augmentation", "Eligible for augmentation therapy and willing", _funnel("willing")),
)


def headlines(run: Run) -> pd.DataFrame:
    """The numbers a reader looks for first.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        One row a scenario, population and headline. [people]

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2}).headlines["headline"].tolist()[:3]
    ['carriers', 'any_deficiency', 'severe_deficiency']
    """
    rows = []
    for scenario, replicates in run.replicates.items():
        for population in replicates.axes.populations:
            for headline in _headlines(run):
                drawn = headline.values(replicates, "drawn", population)
                mean = headline.values(replicates, "expected", population)
                row = _headline_row(scenario, population, headline, run.definition)
                row |= {f"n_{k}": float(v) for k, v in interval(drawn).items()}
                row |= {k: float(v) for k, v in spread(drawn, mean).items()}
                row["mc_se"] = float(monte_carlo_error(drawn, replicates.block_sizes))
                rows.append(row)
    return pd.DataFrame(rows)


def differences(run: Run) -> pd.DataFrame:
    """Every scenario minus the base, replicate by replicate, for each headline.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        Empty when there is no scenario but the base. [people]

    Notes
    -----
    Scenarios share their random numbers, so the difference is sharper than its two parts. Source: docs/model.md, 9.

    Examples
    --------
    >>> import simulation
    >>> nobody = {"smoking": {"never": 1, "former": 0, "current": 0}}
    >>> table = simulation.run({"replicates": 2, "scenarios": {"nobody_smokes": nobody}}).differences
    >>> bool(table.set_index("headline").loc["copd", "difference_high"] < 0)
    True
    """
    rows = []
    scenarios = list(run.replicates)
    base = run.replicates[scenarios[0]]
    for scenario in scenarios[1:]:
        replicates = run.replicates[scenario]
        for population in replicates.axes.populations:
            for headline in _headlines(run):
                drawn = [headline.values(r, "drawn", population).astype(float) for r in (base, replicates)]
                mean = [headline.values(r, "expected", population) for r in (base, replicates)]
                row = _headline_row(scenario, population, headline, run.definition)
                row |= {"base_mean": float(drawn[0].mean()), "scenario_mean": float(drawn[1].mean())}
                row |= {f"difference_{k}": float(v) for k, v in interval(drawn[1] - drawn[0]).items()}
                relative = interval(_ratio(drawn[1] - drawn[0], drawn[0]))
                row |= {f"relative_{k}": float(v) for k, v in relative.items() if k != "median"}
                row |= {k: float(v) for k, v in spread(drawn[1] - drawn[0], mean[1] - mean[0]).items()}
                row["mc_se"] = float(monte_carlo_error(drawn[1] - drawn[0], replicates.block_sizes))
                rows.append(row)
    columns = ["scenario", "population", "headline", "label", "definition", "base_mean", "scenario_mean"]
    columns += [f"difference_{k}" for k in ("mean", "median", "low", "high")]
    columns += [f"relative_{k}" for k in ("mean", "low", "high")] + ["sd_parameters", "sd_chance", "mc_se"]
    return pd.DataFrame(rows, columns=columns)


def _headlines(run: Run) -> list[Headline]:
    return [h for h in HEADLINES if not (h.needs_spirometry and run.definition == "recorded")]


def _headline_row(scenario: str, population: str, headline: Headline, definition: str) -> dict[str, Any]:
    head = {"scenario": scenario, "population": population, "headline": headline.name, "label": headline.label}
    return {**head, "definition": definition}


def shares_of_variance(run: Run, headline: str = "undiagnosed_aatd_with_copd") -> dict[str, float]:
    """How much of the spread of one headline each uncertain parameter explains by itself.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios; the base is looked at.
    headline : str
        Name of the headline.

    Returns
    -------
    dict of str to float
        Squared rank correlation of the parameter's draws and the expected headline. [proportion]

    Notes
    -----
    First-order and monotone only: shares need not sum to 1, and with n replicates one of about 1/n is noise.
    Source: docs/model.md, section 9.

    Examples
    --------
    >>> import simulation
    >>> table = simulation.run({"replicates": 64}).parameters.set_index("name")
    >>> bool(table.loc["lung.fixed_ratio_or.zz.ukb", "share_of_variance"] > 0.1)
    True
    """
    from scipy.stats import rankdata

    replicates = next(iter(run.replicates.values()))
    chosen = next(h for h in HEADLINES if h.name == headline)
    outcome = chosen.values(replicates, "expected", replicates.axes.populations[-1])
    found: dict[str, float] = {}
    for name, values in replicates.parameters().items():
        if len(values) > 2 and np.ptp(values) > 0 and np.ptp(outcome) > 0:
            found[name] = float(np.corrcoef(rankdata(values), rankdata(outcome))[0, 1] ** 2)
        else:
            found[name] = 0.0
    return found


def _size(replicates: Replicates, population: str) -> int:
    return round(float(replicates.drawn("people", population, ALL)[0, _ALL_SMOKING].sum()))


def _ratio(above: NDArray[Any], below: NDArray[Any]) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(below) > 0, np.asarray(above, float) / below, np.nan)


def _frame(keys: Mapping[str, Any], tags: Mapping[str, Any], **measures: NDArray[Any]) -> pd.DataFrame:
    """One row for each cell of the measures' last axis: mean, median and interval of each."""
    columns: dict[str, Any] = {**keys, **tags}
    for name, values in measures.items():
        columns |= {f"{name}_{statistic}": found for statistic, found in interval(values).items()}
    return pd.DataFrame(columns)
