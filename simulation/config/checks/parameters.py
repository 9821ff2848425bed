"""Parameters: names, rows put in their place, ranges, and pairs that are uncertain together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simulation.config.checks.genetics import FAR
from simulation.config.programme import level_in_mg_dl, level_in_umol_l
from simulation.config.schema import Config
from simulation.config.slots import GIVEN_OR_SOLVED, WITHOUT_CHANCE, used_parameters
from simulation.config.values import RowName
from simulation.data.pack import DataPack
from simulation.errors import nearest
from simulation.parameters.distributions import Distribution, Fixed


def check_parameters(config: Config, pack: DataPack) -> Iterator[str]:
    """Parameters: known, used by this run, in their range, and rows that can stand for them.

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
    >>> list(check_parameters(Config(parameters={"lung.copd_or.sz_ever": -1}), data_pack()))
    ['parameters."lung.copd_or.sz_ever" is -1; a ratio must be above 0']
    """
    used = [*used_parameters(config), *GIVEN_OR_SOLVED]
    for name, value in config.parameters.items():
        key = f'parameters."{name}"'
        if name not in pack.parameters:
            yield f"{key}: unknown parameter{nearest(name, list(pack.parameters))} (`aatd parameters` lists them)"
            continue
        if name not in used:
            yield f"{key} would change nothing: this run does not use it{_used_instead(name, used)}"
            continue
        row = pack.parameters[name]
        if isinstance(value, RowName):
            other = pack.parameters.get(value.name)
            if other is None:
                yield f'{key} = "{value.name}"; unknown row{nearest(value.name, list(pack.parameters))}'
            elif other.value is None:
                yield f'{key} = "{value.name}"; that row has no value of its own; name another'
            elif other.unit != row.unit:
                units = (other.unit or "no unit", row.unit or "no unit")
                yield f'{key} = "{value.name}"; that row is in {units[0]}, this parameter in {units[1]}'
            elif name.startswith(WITHOUT_CHANCE) and other.distribution:
                yield f'{key} = "{value.name}"; that row is uncertain and this parameter takes a number without a distribution'
            else:
                wanted = row.definition
                if name in GIVEN_OR_SOLVED and not wanted:  # both spirometric definitions take the same odds ratios
                    wanted = "recorded" if config.copd.definition == "recorded" else "fixed_ratio"
                if wanted and other.definition and other.definition != wanted:
                    yield f'{key} = "{value.name}"; that row is {other.definition} and {wanted} is needed here'
        elif name.startswith(WITHOUT_CHANCE) and not isinstance(value, Fixed):
            yield f"{key} = {value.text}; this parameter takes a number, not a distribution"
        else:
            yield from _in_range(key, row.unit, name, value)
            yield from _serum_level(key, name, value)
    yield from _ramps(config, pack)
    yield from _trigger_ages(config)
    yield from _delays(config, pack)
    yield from check_value("recognition.uptake", config.recognition.uptake, pack, "diag.copd_tested")


def check_value(key: str, value: Distribution | RowName | None, pack: DataPack, like: str) -> Iterator[str]:
    """A proportion of the config's own: a number, a distribution or a row that is one.

    Parameters
    ----------
    key : str
        Where it stands.
    value : Distribution, RowName or None
        As read; None is not given.
    pack : DataPack
        The rows it may name.
    like : str
        How names of fitting rows begin, for a suggestion.

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
    >>> list(check_value("recognition.uptake", Fixed(1.5), data_pack(), "diag.copd_tested"))
    ['recognition.uptake is 1.5; a proportion must be at least 0 and at most 1 (for 1.5 % write 0.015)']
    """
    if isinstance(value, RowName):
        row = pack.parameters.get(value.name)
        fitting = [n for n, r in pack.parameters.items() if r.unit == "proportion" and r.value is not None]
        if row is None:
            near = nearest(value.name, [n for n in fitting if n.startswith(like)])
            quoted = "; a number is written without quotes" if value.name.replace(".", "", 1).isdigit() else ""
            yield f'{key} = "{value.name}"; no row of this name{near}{quoted} (`aatd parameters` lists them)'
        elif value.name not in fitting:
            what = f"is in {row.unit or 'no unit'}" if row.unit != "proportion" else "has no value of its own"
            yield f'{key} = "{value.name}"; that row {what}; name one that is a proportion, or give a number from 0 to 1'
    elif value is not None:
        yield from _in_range(key, "proportion", "", value)


def _ramps(config: Config, pack: DataPack) -> Iterator[str]:
    """A genotype's effect must begin before it is complete."""
    for who in ("never", "ever"):
        ends = []
        for end in ("from_age_years", "to_age_years"):
            name = f"lung.onset_ramp.{who}.{end}"
            value = config.parameters.get(name)
            ends.append(value.value if isinstance(value, Fixed) else pack.parameters[name].value or 0.0)
        if not ends[0] < ends[1]:
            yield (
                f'parameters."lung.onset_ramp.{who}.to_age_years" must be above from_age_years; they are {ends[1]:g} and'
                f" {ends[0]:g}"
            )


def _trigger_ages(config: Config) -> Iterator[str]:
    """Ages of triggers lie between age groups."""
    for name in ("diag.trigger.young_copd_years", "diag.trigger.early_emphysema_years"):
        value = config.parameters.get(name)
        if isinstance(value, Fixed) and value.value % 5:
            yield f'parameters."{name}" is {value.value:g}; it must be a multiple of 5 (people are counted in five-year groups)'


def _delays(config: Config, pack: DataPack) -> Iterator[str]:
    """A delay has a mean and an sd above 0; the doctors' law needs a mean above 1 and an sd² above mean − 1."""
    ends = {}
    for name in ("diag.delay.mean_years", "diag.delay.sd_years", "diag.n_doctors.mean", "diag.n_doctors.sd"):
        value = config.parameters.get(name)
        if value is None or isinstance(value, RowName):
            row = pack.parameters.get(name if value is None else value.name)
            number = 1.0 if row is None or row.value is None else row.value
            ends[name] = (number, number)
            continue
        low, high = value.quantile(FAR)
        ends[name] = (float(low), float(high))
        if low <= 0:
            yield f'parameters."{name}" goes down to {low:.3g}; it must be above 0'
    mean, sd = ends["diag.n_doctors.mean"], ends["diag.n_doctors.sd"]
    if mean[0] <= 1 or max(sd[0], 0.0) ** 2 <= mean[1] - 1:
        yield (
            f'parameters."diag.n_doctors.mean" and "diag.n_doctors.sd" go down to {mean[0]:.3g} and {sd[0]:.3g}; the mean must'
            " be above 1, for there is a first doctor, and the sd² above the mean − 1"
        )


def _used_instead(name: str, used: list[str]) -> str:
    stem = name.rsplit(".", 1)[0]
    close = [other for other in used if other.startswith(stem)] or [
        other for other in used if other.startswith(stem[:12])
    ]
    return f"; it uses {', '.join(close[:4])}" if close else ""


def _in_range(key: str, unit: str, name: str, value: Distribution) -> Iterator[str]:
    low, high = value.quantile(FAR)
    shown = f"{low:.3g}" if isinstance(value, Fixed) else f"a distribution from {low:.3g} to {high:.3g}"
    if unit == "proportion" and (low < 0 or high > 1):
        hint = f" (for {low:g} % write {low / 100:g})" if isinstance(value, Fixed) and 1 < low <= 100 else ""
        yield f"{key} is {shown}; a proportion must be at least 0 and at most 1{hint}"
    elif unit in ("odds ratio", "ratio", "ratio per pack-year") and low <= 0:
        yield f"{key} is {shown}; a ratio must be above 0"
    elif unit == "correlation" and not (low >= 0 and high < 1):
        yield f"{key} is {shown}; it must be at least 0 and below 1"
    elif (name.endswith(("log_sd", "_sd", "sd_years", "sd_percent", ".shape", ".scale", "per_pack"))) and low <= 0:
        yield f"{key} is {shown}; it must be above 0"
    elif unit in ("µmol/L", "years", "pack-years", "µmol/L per mg/dL", "% of predicted") and low < 0:
        yield f"{key} is {shown}; it must be at least 0"
    elif not np.isfinite([low, high]).all() or max(abs(low), abs(high)) > 1e6:
        yield f"{key} is {shown}; that is beyond anything this parameter can be"


def _serum_level(key: str, name: str, value: Distribution) -> Iterator[str]:
    """A cut-off or threshold that is written in another unit."""
    checked = {"aat.threshold.protective_umol_l": level_in_umol_l, "diag.cutoff.optimal_mg_dl": level_in_mg_dl}
    if name in checked and value.central > 0:
        try:
            checked[name](value.central)
        except ValueError as error:
            yield f"{key} = {value.text}; {error}"


def check_correlations(config: Config, pack: DataPack) -> Iterator[str]:
    """Correlated pairs: parameters of this run, each in one pair.

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
    >>> list(check_correlations(Config(), data_pack()))
    []
    """
    used = used_parameters(config)
    seen: list[str] = []
    for i, pair in enumerate(config.correlations):
        for name in pair.between:
            if name not in used:
                yield f"correlations.{i}.between: {name} is no parameter of this run{nearest(name, used)}"
            elif name in seen:
                yield f"correlations.{i}.between: {name} is in two pairs; a parameter may be in one"
            seen.append(name)
