"""How many people carry a SERPINA1 deficiency genotype, how many have COPD, and how many of those nobody knows about."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulation.api import load_results, run
    from simulation.assembly.build import build_inputs
    from simulation.config.load import load_config
    from simulation.data.pack import data_pack
    from simulation.errors import ConfigError, DataError
    from simulation.genetics.hardy_weinberg import genotype_frequencies
    from simulation.results.results import Results

_HOMES = {
    "ConfigError": "simulation.errors",
    "DataError": "simulation.errors",
    "Results": "simulation.results.results",
    "build_inputs": "simulation.assembly.build",
    "data_pack": "simulation.data.pack",
    "genotype_frequencies": "simulation.genetics.hardy_weinberg",
    "load_config": "simulation.config.load",
    "load_results": "simulation.api",
    "run": "simulation.api",
}
__all__ = [
    "ConfigError",
    "DataError",
    "Results",
    "__version__",
    "build_inputs",
    "data_pack",
    "genotype_frequencies",
    "load_config",
    "load_results",
    "run",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: pandas, SciPy and xarray take half a second each."""
    if name == "__version__":
        from importlib.metadata import version

        return version("aatd-simulation")
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'simulation' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
