"""From a file or a dict to a checked config, all mistakes reported together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from simulation.config.check import check_names
from simulation.config.layers import Origins, leaf_keys, merge, normalised, parse_setting, read_layers, scenario_layer
from simulation.config.population_file import fill_from_files
from simulation.config.schema import Config, Smoking
from simulation.config.slots import prevalence_rows
from simulation.data.pack import DataPack, data_pack
from simulation.errors import ConfigError, nearest
from simulation.labels import BASE

SCENARIO_KEYS = (
    "population",
    "populations",
    "ancestries",
    "genetics",
    "smoking",
    "serum",
    "copd",
    "exposures",
    "recognition",
    "liver",
    "testing",
    "cascade",
    "care",
    "parameters",
)
# pydantic's kinds of wrong type, in words
WANTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text in quotes",
    "dict_type": "a table",
    "model_type": "a table",
    "list_type": "a list",
}


@dataclass(frozen=True)
class LoadedConfig:
    """A checked config with its scenarios and its past.

    Attributes
    ----------
    name : str
        Name of the file without its ending; "config" for a dict.
    base : Config
        The base.
    scenarios : dict of str to Config
        The base first, then every scenario, laid over it.
    resolved : dict
        The merged tables as plain values, defaults included.
    origins : dict of str to str
        For each key, dotted, where its value came from: a file, --set, a call, or "default".
    pack : DataPack
        The tables its names refer to.
    past : dict of str to str
        By ancestry that came from a population file: what it was fitted to, and what must be known of it.
    """

    name: str
    base: Config
    scenarios: dict[str, Config]
    resolved: dict[str, Any]
    origins: Origins
    pack: DataPack
    past: dict[str, str] = field(default_factory=dict)


def load_config(
    source: str | Path | Mapping[str, Any] | LoadedConfig, settings: Sequence[str] = (), **overrides: Any
) -> LoadedConfig:
    """Read and check a config.

    Parameters
    ----------
    source : path, mapping or LoadedConfig
        A TOML file, the same as a dict, or a config that was loaded before.
    settings : sequence of str
        KEY=VALUE as on the command line.
    **overrides
        Top-level keys that replace those of the file: seed=1, smoking={"source": "italy_2016"}.

    Returns
    -------
    LoadedConfig
        Checked: every name exists, every number is in its range.

    Raises
    ------
    ConfigError
        With one sentence for each mistake: file, key, value, what is allowed, the likely cure.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> config = load_config({"population": {"ages": "SWE", "size": 1000}}, replicates=10)
    >>> config.base.replicates, config.origins["replicates"], config.origins["seed"]
    (10, 'argument', 'default')
    """
    label = "config"
    if isinstance(source, LoadedConfig):
        label, data = source.name, dict(source.resolved)
        origins: Origins = dict(source.origins)
        name = source.name
    elif isinstance(source, Mapping):
        name, data, origins = "config", normalised(source), {}
        if "extends" in data:
            raise ConfigError("config: extends works in files only; pass the path of a file that has it")
        origins = {key: "config" for key in leaf_keys(data)}
    else:
        path = Path(source)
        label, name = path.name, path.stem
        data, origins = read_layers(path)
    for origin, layer in [*(("--set", parse_setting(text)) for text in settings), ("argument", normalised(overrides))]:
        data = merge(data, layer)
        origins.update({key: origin for key in leaf_keys(layer)})
    origins = {key: origins[key] for key in leaf_keys(data) if key in origins}

    mistakes, past = fill_from_files(data, label, origins)
    if isinstance(source, LoadedConfig):
        past = {**source.past, **past}
    pack = data_pack()
    base = _validated(data, label, origins, "", mistakes)
    scenarios: dict[str, Config] = {}
    readable = base if base is not None else _readable_part(data)
    if readable is not None:
        wrong = [text.split(": ", 1)[1] for text in mistakes]
        # what is said of a table whose values could not be read would not be true of the table as written
        fresh = [t for t in check_names(readable, pack) if not any(w.startswith(f"{_key_of(t)}.") for w in wrong)]
        mistakes += [f"{_file_of(text, origins, label)}: {text}" for text in fresh]
    if base is not None:
        scenarios[BASE] = base
        for scenario, layer in data.get("scenarios", {}).items():
            mistakes += _scenario_mistakes(label, scenario, layer)
            found = _validated(scenario_layer(data, layer), label, origins, f"scenarios.{scenario}: ", mistakes)
            if found is not None:
                known = check_names(base, pack)
                fresh = [text for text in check_names(found, pack) if text not in known]
                mistakes += [f"{label}: scenarios.{scenario}: {text}" for text in fresh]
                mistakes += _shape_mistakes(label, scenario, base, found)
                scenarios[scenario] = found
    if mistakes or base is None:
        raise ConfigError(list(dict.fromkeys(mistakes)))
    resolved = _with_defaults(data, base)
    for key in leaf_keys(resolved):
        origins.setdefault(key, "default")
    return LoadedConfig(name, base, scenarios, resolved, origins, pack, past)


def _key_of(sentence: str) -> str:
    return re.split(r"[ :;]", sentence, maxsplit=1)[0]


def _file_of(sentence: str, origins: Origins, label: str) -> str:
    """The layer that set the key a sentence begins with."""
    for key in sorted(origins, key=len, reverse=True):
        if sentence.startswith((f"{key} ", f"{key}:", f"{key}.")) and origins[key].endswith(".toml"):
            return origins[key]
    return label


def _readable_part(data: Mapping[str, Any]) -> Config | None:
    """The config without its unreadable keys, so that the rest can be checked too."""
    import copy

    rest = copy.deepcopy(dict(data))
    rest.pop("scenarios", None)
    for _ in range(5):  # removing a key may uncover another mistake
        try:
            return Config.model_validate(rest)
        except ValidationError as error:
            for problem in error.errors(include_url=False):
                path = _path_in(rest, problem["loc"])[0]
                _remove(rest, path)
    return None


def _remove(data: Any, path: Sequence[str]) -> None:
    for part in path[:-1]:
        data = data.get(part) if isinstance(data, dict) else None
    if isinstance(data, dict) and path:
        data.pop(path[-1], None)


def _scenario_mistakes(label: str, name: str, layer: Mapping[str, Any]) -> list[str]:
    if name == BASE:
        return [f"{label}: scenarios.{BASE}: the name {BASE} is taken by the config itself; choose another"]
    mistakes = [
        f"{label}: scenarios.{name}.{key}: a scenario cannot change {key}; it may change {', '.join(SCENARIO_KEYS)}"
        f"{nearest(key, SCENARIO_KEYS)}"
        for key in layer
        if key not in (*SCENARIO_KEYS, "strategies") and key in Config.model_fields
    ]
    if "strategies" in layer:
        mistakes.append(
            f"{label}: scenarios.{name}.strategies: strategies are compared on the same people, in every scenario; put another"
            " one into [strategies] of the base"
        )
    for key in ("population", "populations"):
        tables = layer.get(key, {})
        tables = [tables] if key == "population" else list(tables.values()) if isinstance(tables, Mapping) else []
        mistakes += [
            f"{label}: scenarios.{name}.{key}: copd of a population is calibrated once, on the base; remove copd here"
            for table in tables
            if isinstance(table, Mapping) and "copd" in table
        ]
    copd = layer.get("copd", {})
    if isinstance(copd, Mapping):
        fixed = [key for key in copd if key != "mz_risk"]
        if "definition" in fixed:
            fixed.remove("definition")
            mistakes.append(
                f"{label}: scenarios.{name}.copd.definition: definitions of COPD are never mixed in one comparison;"
                " run two configs"
            )
        mistakes += [
            f"{label}: scenarios.{name}.copd.{key}: COPD is calibrated once, on the base; a scenario may change mz_risk only"
            for key in fixed
        ]
    return mistakes


def _shape_mistakes(label: str, name: str, base: Config, scenario: Config) -> list[str]:
    mistakes = [
        f'{label}: scenarios.{name}.parameters."{row}": COPD is calibrated to this row once, on the base; remove it here'
        for row in prevalence_rows(base)
        if scenario.parameters.get(row) != base.parameters.get(row)
    ]
    if list(base.all_populations) != list(scenario.all_populations):
        mistakes.append(f"{label}: scenarios.{name}: a scenario has the populations of the base; name no others")
    if base.genetics.alleles != scenario.genetics.alleles:
        mistakes.append(f"{label}: scenarios.{name}.genetics.alleles: a scenario follows the alleles of the base")
    return mistakes


def _validated(data: Mapping[str, Any], label: str, origins: Origins, where: str, mistakes: list[str]) -> Config | None:
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        for key, sentence in _sentences(error, data):
            file = origins.get(key, label)
            shown = file if file.endswith(".toml") else label
            text = f"{shown}: {where}{sentence}"
            if not where or f"{shown}: {sentence}" not in mistakes:
                mistakes.append(text)
        return None


def _sentences(error: ValidationError, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """One sentence for each key that is wrong: the alternatives of a union are joined."""
    by_key: dict[str, dict[str, str]] = {}
    for problem in error.errors(include_url=False):
        path, value = _path_in(data, problem["loc"], problem["type"] == "missing")
        key = ".".join(path)
        by_key.setdefault(key, {})[problem["type"]] = _sentence(key, path, value, problem)
    # an alternative of a union that went deeper is the one that was meant
    keys = [key for key in by_key if not any(other.startswith(f"{key}.") for other in by_key)]
    found = []
    for key in keys:
        kinds = by_key[key]
        telling = [kind for kind in kinds if kind not in WANTED] or list(kinds)
        if len(telling) > 1 and all(kind in WANTED for kind in telling):
            value = _path_in(data, tuple(key.split(".")))[1]
            wanted = " or ".join(dict.fromkeys(WANTED[kind] for kind in telling))
            found.append((key, f"{key} = {_shown(value)}; it must be {wanted}{_whole(value)}"))
        else:
            found.append((key, kinds[telling[0]]))
    return found


def _path_in(data: Any, loc: tuple[int | str, ...], missing: bool = False) -> tuple[list[str], Any]:
    """The part of pydantic's location that names keys; the rest are names of alternatives."""
    path: list[str] = []
    value: Any = data
    for position, part in enumerate(loc):
        in_table = isinstance(value, Mapping) and part in value
        in_list = isinstance(value, list) and isinstance(part, int) and part < len(value)
        if in_table or in_list:
            value = value[part]
            path.append(str(part))
        elif missing and position == len(loc) - 1:
            return [*path, str(part)], None
    return path, value


def _sentence(key: str, path: list[str], value: Any, problem: Any) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    shown = _shown(value)
    if kind == "extra_forbidden":
        return f"unknown key {key}{nearest(path[-1], _keys_of(path[:-1])) or _in_a_table(path)}"
    if kind == "missing":
        return f"{key} is missing; it must be given"
    if kind == "value_error":
        message = str(context["error"])
        return f"{key} = {shown}; {message}" if key else message
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", context["expected"])
        near = nearest(value, allowed) if isinstance(value, str) else ""
        return f"{key} = {shown}; it must be {context['expected']}{near}"
    bounds = {
        "greater_than_equal": ("at least", "ge"),
        "greater_than": ("above", "gt"),
        "less_than_equal": ("at most", "le"),
        "less_than": ("below", "lt"),
    }
    if kind in bounds:
        word, bound = bounds[kind]
        return f"{key} = {shown}; it must be {word} {context[bound]:,}"
    if kind in WANTED:
        return f"{key} = {shown}; it must be {WANTED[kind]}{_whole(value)}"
    if kind == "string_pattern_mismatch":
        return f"{key} = {shown}; names are letters, digits and _, beginning with a letter"
    return f"{key} = {shown}; {problem['msg'][0].lower()}{problem['msg'][1:]}"


def _whole(value: Any) -> str:
    """How a float that is a whole number is written as one."""
    return f" (write {int(value):_})" if isinstance(value, float) and value.is_integer() else ""


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value[:60]}"'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k} = {_shown(v)}" for k, v in list(value.items())[:6]) + "}"
    return repr(value)[:60]


def _model_at(path: Sequence[str]) -> type[BaseModel] | None:
    """The model whose keys are allowed at a place in the config."""
    model: Any = Config
    for part in path:
        if isinstance(model, type) and issubclass(model, BaseModel):
            field = model.model_fields.get(part)
            model = field.annotation if field else None
        else:  # a table whose keys are free: step into its values
            model = get_args(model)[1] if len(get_args(model)) == 2 else None
        while model is not None and not (isinstance(model, type) and issubclass(model, BaseModel)):
            options = [a for a in get_args(model) if a is not type(None)]
            models = [a for a in options if isinstance(a, type) and issubclass(a, BaseModel)]
            if getattr(model, "__origin__", None) is dict:
                break
            elif models:
                model = models[0]
            elif options and getattr(options[0], "__origin__", None) is dict:
                model = options[0]
            else:
                model = None
    return model if isinstance(model, type) and issubclass(model, BaseModel) else None


def _in_a_table(path: Sequence[str]) -> str:
    """Say where a key stands that was written at the top."""
    if len(path) > 1:
        return ""
    tables = [table for table in Config.model_fields if path[0] in _keys_of([table])]
    return f"; did you mean {tables[0]}.{path[0]}?" if tables else ""


def _keys_of(path: Sequence[str]) -> list[str]:
    model = _model_at(path)
    return list(model.model_fields) if model else []


def _with_defaults(data: Mapping[str, Any], config: Config) -> dict[str, Any]:
    """The merged tables with every default written out, as plain values that can be read again."""

    def filled(given: Mapping[str, Any], model: BaseModel) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key in type(model).model_fields:
            value = getattr(model, key)
            if key == "source" and isinstance(model, Smoking) and model.shares is not None:
                continue
            if isinstance(value, BaseModel):
                result[key] = filled(given.get(key, {}), value)
            elif isinstance(value, dict) and value and all(isinstance(v, BaseModel) for v in value.values()):
                result[key] = {name: filled(given.get(key, {}).get(name, {}), v) for name, v in value.items()}
            elif key in given:
                result[key] = given[key]
            elif value is not None and value != {} and value != []:
                result[key] = value
        return result

    return filled(data, config)
