"""Layers of a config: files that extend each other, command-line settings, scenarios; and where each value came from."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simulation.errors import ConfigError, nearest

Origins = dict[str, str]
SHARES = ("never", "former", "current")
# Tables that are one value: the upper layer replaces them whole.
_WHOLE = ("ancestry", "ages", "dust", "prevalence", "uptake")


def read_layers(path: Path) -> tuple[dict[str, Any], Origins]:
    r"""Read a config file and every file it extends.

    Parameters
    ----------
    path : Path
        A TOML file; `extends` names another, relative to it.

    Returns
    -------
    data : dict
        The merged tables, without `extends`.
    origins : dict of str to str
        For each key, dotted, the file that set it.

    Raises
    ------
    ConfigError
        If a file is missing, cannot be read or does not parse, or files extend each other in a circle.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     base, top = Path(folder) / "base.toml", Path(folder) / "top.toml"
    ...     _ = base.write_text("seed = 1\nreplicates = 10")
    ...     _ = top.write_text('extends = "base.toml"\nseed = 2')
    ...     read_layers(top)
    ({'seed': 2, 'replicates': 10}, {'seed': 'top.toml', 'replicates': 'base.toml'})
    """
    chain: list[Path] = []
    layers: list[tuple[str, dict[str, Any]]] = []
    here: Path | None = path
    while here is not None:
        if here.resolve() in [seen.resolve() for seen in chain]:
            circle = " → ".join(seen.name for seen in [*chain, here])
            raise ConfigError(f"{path.name}: extends goes in a circle ({circle}); remove one of them")
        chain.append(here)
        data = _read_toml(here, chain)
        parent = data.pop("extends", None)
        if parent is not None and not isinstance(parent, str):
            raise ConfigError(f"{here.name}: extends = {parent!r}; it must be the name of one TOML file in quotes")
        layers.append((here.name, _placed(data, here.parent)))
        here = here.parent / parent if parent is not None else None
    merged: dict[str, Any] = {}
    origins: Origins = {}
    for name, data in reversed(layers):
        merged = merge(merged, data)
        origins.update({key: name for key in leaf_keys(data)})
    return merged, {key: origins[key] for key in leaf_keys(merged) if key in origins}


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one config over another.

    Parameters
    ----------
    below, above : mapping
        Tables of a config.

    Returns
    -------
    dict
        Tables are merged key by key, values replaced. Some keys replace others: `source` and never/former/current in a
        smoking table, `population` and `populations`. A mixture and a parameter are replaced whole.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> merge({"smoking": {"source": "eu28_2017"}, "seed": 1}, {"smoking": {"never": 1, "former": 0, "current": 0}})
    {'smoking': {'never': 1, 'former': 0, 'current': 0}, 'seed': 1}
    """
    return _merge(normalised(below), normalised(above), ())


def normalised(data: Mapping[str, Any]) -> dict[str, Any]:
    """Join parameter names that TOML took apart at their dots.

    Parameters
    ----------
    data : mapping
        Tables of a config as parsed.

    Returns
    -------
    dict
        With `parameters` one level deep, in scenarios too.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> normalised({"parameters": {"lung": {"copd_or": {"ms": 1.19}}}})
    {'parameters': {'lung.copd_or.ms': 1.19}}
    """
    result = dict(data)
    if isinstance(result.get("parameters"), Mapping):
        result["parameters"] = _flat(result["parameters"])
    if isinstance(result.get("scenarios"), Mapping):
        result["scenarios"] = {
            name: normalised(scenario) if isinstance(scenario, Mapping) else scenario
            for name, scenario in result["scenarios"].items()
        }
    return result


def leaf_keys(data: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Dotted names of all values.

    Parameters
    ----------
    data : mapping
        Tables of a config.
    prefix : str
        Put before each name.

    Returns
    -------
    list of str
        In the order of the file.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> leaf_keys({"seed": 1, "population": {"ages": "europe"}})
    ['seed', 'population.ages']
    """
    keys: list[str] = []
    for key, value in data.items():
        name = f"{prefix}{key}"
        keys += leaf_keys(value, f"{name}.") if isinstance(value, Mapping) and value else [name]
    return keys


def parse_setting(text: str) -> dict[str, Any]:
    """Read KEY=VALUE from the command line.

    Parameters
    ----------
    text : str
        A dotted key and a TOML value; text needs no quotes.

    Returns
    -------
    dict
        Tables of a config with this one value.

    Raises
    ------
    ConfigError
        If there is no `=` or the key is no TOML key.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> parse_setting("smoking.source=italy_2016"), parse_setting("replicates=50")
    ({'smoking': {'source': 'italy_2016'}}, {'replicates': 50})
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"--set {text}: it must be KEY=VALUE, for example --set smoking.source=italy_2016")
    quoted = value.strip().replace("\\", "\\\\").replace('"', '\\"')
    for candidate in (f"{key} = {value}", f'{key} = "{quoted}"'):
        try:
            return normalised(tomllib.loads(candidate))
        except tomllib.TOMLDecodeError:
            continue
    raise ConfigError(f"--set {text}: the key cannot be read; write it as in the file, dots between tables")


def scenario_layer(base: Mapping[str, Any], scenario: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a scenario over the base.

    Parameters
    ----------
    base, scenario : mapping
        Tables of a config.

    Returns
    -------
    dict
        A smoking table of the scenario replaces that of every population; of a population that the scenario names, its
        own.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> base = {"populations": {"a": {"smoking": {"source": "x"}}}}
    >>> scenario_layer(base, {"smoking": {"never": 1, "former": 0, "current": 0}})["populations"]
    {'a': {}}
    """
    below = normalised(base)
    if "smoking" in scenario:
        if isinstance(below.get("populations"), Mapping):
            below["populations"] = {
                name: {k: v for k, v in table.items() if k != "smoking"} for name, table in below["populations"].items()
            }
        if isinstance(below.get("population"), Mapping):
            below["population"] = {k: v for k, v in below["population"].items() if k != "smoking"}
    result = merge(below, scenario)
    result.pop("scenarios", None)
    return result


def _merge(below: Mapping[str, Any], above: Mapping[str, Any], path: Sequence[str]) -> dict[str, Any]:
    result = dict(below)
    if path and path[-1] == "smoking":
        if any(share in above for share in SHARES):
            result.pop("source", None)
        if "source" in above:
            for share in SHARES:
                result.pop(share, None)
    if not path:
        if "population" in above:
            result.pop("populations", None)
        if "populations" in above:
            result.pop("population", None)
    for key, value in above.items():
        # a parameter and one allele's frequency are values, even where they are written as tables
        whole = key in _WHOLE or (path and (path[0] == "parameters" or (path[0] == "ancestries" and len(path) == 2)))
        if isinstance(value, Mapping) and isinstance(result.get(key), Mapping) and not whole:
            result[key] = _merge(result[key], value, (*path, key))
        else:
            result[key] = value
    return result


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    from simulation.parameters.distributions import FORMS

    flat: dict[str, Any] = {}
    for key, value in table.items():
        # a name in quotes came whole; without them TOML has made a table of each of its parts
        apart = isinstance(value, Mapping) and "." not in key and not set(value) & set(FORMS)
        if apart and value:
            flat.update(_flat(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _read_toml(path: Path, chain: Sequence[Path]) -> dict[str, Any]:
    by = f" (extended by {chain[-2].name})" if len(chain) > 1 else ""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        known = {seen.stem for seen in chain}
        beside = [p.stem for p in path.parent.glob("*.toml") if p.stem not in known] if path.parent.is_dir() else []
        near = nearest(path.stem, beside).replace("?", ".toml?")
        raise ConfigError(f"{path}: no such file{by}{near}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8{by}") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}){by}") from None
    try:
        return normalised(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name}: not valid TOML: {_first_lower(str(error))}{by}") from None


def _placed(data: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Population files are named relative to the config that names them."""
    tables = [data, *(table for table in data.get("scenarios", {}).values() if isinstance(table, dict))]
    for table in tables:
        ancestries = table.get("ancestries")
        for ancestry in ancestries.values() if isinstance(ancestries, dict) else ():
            if isinstance(ancestry, dict) and isinstance(ancestry.get("from"), str):
                ancestry["from"] = str(folder / ancestry["from"])
    return data


def _first_lower(text: str) -> str:
    return text[:1].lower() + text[1:]
