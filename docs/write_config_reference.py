"""Write docs/config.md: every key of a config, from the schema itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simulation.config.json_schema import json_schema

HEAD = """# The config file

A config is a TOML file. Every key has a default; an unknown key is refused, with the nearest name. `aatd init` writes one to start
from, `aatd check FILE` finds every mistake, `aatd schema` prints the JSON Schema. The first line `#:schema aatd.schema.json` gives
completion and checks in editors that know TOML schemas.

## How values are written

| value | ways to write it |
|---|---|
| proportion | `0.022`, `"2.2 %"`, `"1 in 46"` |
| allele frequency | a proportion, `{ count = 119, of = 2200 }` (with `rho = 0` if the population is itself the sample), or a distribution |
| parameter | a number, a distribution, or the name of a row (`aatd parameters`) |
| distribution | `{ lognormal = { low = 1.2, high = 2.53 } }` or median and sigma; `normal` mean and sd, or low and high; `beta` alpha and beta, low and high, or count and of; `uniform` low and high; `triangular` low, mode, high; `gamma` shape and scale |

`low` and `high` are the 2.5 and 97.5 % quantiles, but for `uniform` and `triangular` the ends. Numbers that are solved or integrated once
(ages of the biobank's mix, smoking careers) take no distribution.

## Layers

`extends = "base.toml"` lays a file over another. Tables are merged key by key; a mixture of ancestries and a parameter are replaced whole;
in a smoking table `source` and never, former, current replace each other. `--set KEY=VALUE` comes on top. `run.json` records where each
value came from.

`[ancestries.mine] from = "populations/mine.toml"` takes the frequencies that `aatd fit` wrote ([evidence.md](evidence.md)), from a file named
relative to the config; a frequency given beside it comes before that of the file. What was read is saved with the results. A sample of
patients (`sample = "patients"`) is refused: it is no population.

## Scenarios

`[scenarios.NAME]` overrides keys of the base. All scenarios run on the same random numbers and the report shows their differences. A
smoking table of a scenario replaces that of every population. COPD is calibrated once, on the base, and definitions of COPD are never
mixed: a scenario cannot change them, nor the seed, the replicates, the engine, the alleles, the names of populations or the strategies,
which are compared on the same people in every scenario; it may change how people are tested (`testing`, `cascade`). The severe odds
ratios and the share of COPD that is diagnosed follow from parameters and are solved again where a scenario changes these.

## Keys

"""


TOP = "top level"


def rows(name: str, schema: dict[str, Any], definitions: dict[str, Any]) -> list[str]:
    """Lines of one table of keys.

    Parameters
    ----------
    name : str
        Heading, the table's name in a config.
    schema : dict
        JSON Schema of the table.
    definitions : dict
        Schemas of the tables below.

    Returns
    -------
    list of str
        Markdown, the tables inside following.
    """
    about = schema.get("description", "").split("\n")[0]
    lines = [f"### {name}", "", about, "", "| key | values | default | meaning |", "|---|---|---|---|"]
    below: list[str] = []
    for key, field in schema["properties"].items():
        inner, named, listed = _table(field, definitions)
        default = "" if inner or field.get("default") in (None, {}, []) else f"`{_toml(field['default'])}`"
        meaning = field.get("description") or (inner or {}).get("description", "").split("\n")[0]
        lines.append(f"| `{key}` | {_values(field)} | {default} | {meaning.replace('|', '/')} |")
        described_once = key in ("populations", "scenarios") or (key in ("copd", "smoking") and name != TOP)
        if inner is not None and not described_once:
            path = f"{key if name == TOP else f'{name[1:-1]}.{key}'}{'.NAME' if named else ''}"
            below += ["", *rows(f"[[{path}]]" if listed else f"[{path}]", inner, definitions)]
    return lines + below


def _table(field: dict[str, Any], definitions: dict[str, Any]) -> tuple[dict[str, Any] | None, bool, bool]:
    """The table that a key holds, whether it is one of several by name, and whether it is one of a list."""
    for option in [field, *field.get("anyOf", [])]:
        by_name = list(option.get("patternProperties", {}).values())
        for inner, named, listed in (
            (option, False, False),
            *((table, True, False) for table in by_name),
            (option.get("items", {}), False, True),
        ):
            if "$ref" in inner:
                return definitions[inner["$ref"].rsplit("/", 1)[1]], named, listed
    return None, False, False


def _values(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return "table"
    if any("$ref" in table for table in field.get("patternProperties", {}).values()):
        return "tables by name"
    if "$ref" in field.get("items", {}):
        return "list of tables"
    if "enum" in field:
        return (
            ", ".join(f"`{value}`" for value in field["enum"])
            if len(field["enum"]) < 8
            else "a multiple of 5, 0 to 100"
        )
    if "anyOf" in field:
        kinds = [_values(option) for option in field["anyOf"] if option.get("type") != "null"]
        if any("lognormal" in str(option) for option in field["anyOf"]):
            return "parameter"
        if any("pattern" in option and "1 in" in option["pattern"] for option in field["anyOf"]):
            return "proportion"
        return " or ".join(dict.fromkeys(kinds))
    kind = {
        "integer": "whole number",
        "number": "number",
        "string": "text",
        "boolean": "true, false",
        "object": "table",
        "array": "list",
    }
    words = kind.get(field.get("type", ""), "value")
    if "exclusiveMinimum" in field or "exclusiveMaximum" in field:
        signs = {"exclusiveMinimum": "above", "minimum": "at least", "exclusiveMaximum": "below", "maximum": "at most"}
        return f"{words}, " + ", ".join(f"{sign} {_plain(field[key])}" for key, sign in signs.items() if key in field)
    low, high = field.get("minimum"), field.get("maximum")
    if low is not None and high is not None:
        return f"{words}, {_plain(low)} to {_plain(high)}"
    return f"{words}, from {_plain(low)}" if low is not None else words


def _plain(bound: float) -> str:
    return f"{int(bound):,}" if bound == int(bound) else f"{bound:g}"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f"{value:_}" if isinstance(value, int) and value >= 10_000 else str(value)


def config_reference() -> str:
    """The page.

    Returns
    -------
    str
        Markdown.
    """
    schema = json_schema()
    return HEAD + "\n".join(rows(TOP, schema, schema["$defs"])) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("config.md").write_text(config_reference(), encoding="utf-8")
