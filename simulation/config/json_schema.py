"""The JSON Schema of a config file, for editors."""

from __future__ import annotations

from typing import Any

from simulation.config.load import SCENARIO_KEYS
from simulation.config.population_file import FROM, SAMPLE
from simulation.config.schema import Config


def json_schema() -> dict[str, Any]:
    """The schema of a config file.

    Returns
    -------
    dict
        JSON Schema; `extends` and partial scenario tables included.

    Notes
    -----
    A scenario is a partial config: its tables are those of the config, but nothing in them is required. Source:
    docs/config.md.

    Examples
    --------
    >>> sorted(json_schema()["properties"])[:3]
    ['ancestries', 'care', 'cascade']
    """
    schema = Config.model_json_schema()
    schema["title"] = "AATD Simulation config"
    schema["properties"]["extends"] = {
        "type": "string",
        "description": "Another TOML file, relative to this one, that this one is laid over.",
    }
    # what a file below sets need not be repeated above it
    schema["$defs"]["Population"].pop("required", None)
    ancestry = next(iter(schema["properties"]["ancestries"]["patternProperties"].values()))
    pattern, frequency = next(iter(ancestry["patternProperties"].items()))
    ancestry["patternProperties"] = {pattern.replace("^", f"^(?!(?:{FROM}|{SAMPLE})$)", 1): frequency}
    ancestry["additionalProperties"] = False
    ancestry["properties"] = {
        FROM: {"type": "string", "description": "Population file, relative to this one, that `aatd fit` wrote."},
        SAMPLE: {"enum": ["population"], "description": "Who was sampled; a sample of patients is no population."},
    }
    scenarios = schema["properties"]["scenarios"]
    pattern = next(iter(scenarios["patternProperties"]))
    partial = {key: schema["properties"][key] for key in SCENARIO_KEYS}
    scenarios["patternProperties"] = {pattern: {"type": "object", "additionalProperties": False, "properties": partial}}
    scenarios["additionalProperties"] = False
    return schema
