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
    from simulation.inference.imperfect_tests import corrected_prevalence
    from simulation.inference.registry import share_registered
    from simulation.results.results import Results
    from simulation.studies.families import (
        at_risk_couples,
        draw_families,
        offspring_genotypes,
        relative_genotypes,
        residual_risk,
        write_ped,
    )
    from simulation.studies.plan import plan_survey
    from simulation.surveys.ascertainment import ascertained_prevalence
    from simulation.surveys.fit import fit_allele_frequencies
    from simulation.surveys.genotypes import hardy_weinberg_exact_test, observed_genotypes
    from simulation.surveys.plots import plot_fit
    from simulation.surveys.read import read_surveys
    from simulation.surveys.reconcile import reconcile
    from simulation.validation.compare import validate

_HOMES = {
    "ConfigError": "simulation.errors",
    "DataError": "simulation.errors",
    "Results": "simulation.results.results",
    "ascertained_prevalence": "simulation.surveys.ascertainment",
    "at_risk_couples": "simulation.studies.families",
    "build_inputs": "simulation.assembly.build",
    "corrected_prevalence": "simulation.inference.imperfect_tests",
    "data_pack": "simulation.data.pack",
    "draw_families": "simulation.studies.families",
    "fit_allele_frequencies": "simulation.surveys.fit",
    "genotype_frequencies": "simulation.genetics.hardy_weinberg",
    "hardy_weinberg_exact_test": "simulation.surveys.genotypes",
    "load_config": "simulation.config.load",
    "load_results": "simulation.api",
    "observed_genotypes": "simulation.surveys.genotypes",
    "offspring_genotypes": "simulation.studies.families",
    "plan_survey": "simulation.studies.plan",
    "plot_fit": "simulation.surveys.plots",
    "read_surveys": "simulation.surveys.read",
    "reconcile": "simulation.surveys.reconcile",
    "relative_genotypes": "simulation.studies.families",
    "residual_risk": "simulation.studies.families",
    "run": "simulation.api",
    "share_registered": "simulation.inference.registry",
    "validate": "simulation.validation.compare",
    "write_ped": "simulation.studies.families",
}
__all__ = [
    "ConfigError",
    "DataError",
    "Results",
    "__version__",
    "ascertained_prevalence",
    "at_risk_couples",
    "build_inputs",
    "corrected_prevalence",
    "data_pack",
    "draw_families",
    "fit_allele_frequencies",
    "genotype_frequencies",
    "hardy_weinberg_exact_test",
    "load_config",
    "load_results",
    "observed_genotypes",
    "offspring_genotypes",
    "plan_survey",
    "plot_fit",
    "read_surveys",
    "reconcile",
    "relative_genotypes",
    "residual_risk",
    "run",
    "share_registered",
    "validate",
    "write_ped",
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
