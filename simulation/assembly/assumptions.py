"""What a run takes for granted, and the sources of everything it used."""

from __future__ import annotations

from typing import Any

from simulation.assembly.body import likes
from simulation.assembly.evidence import figures_used
from simulation.assembly.genotypes import ancestry_shares, frequency_rows
from simulation.config.load import LoadedConfig
from simulation.config.schema import Config
from simulation.config.slots import GIVEN_OR_SOLVED
from simulation.data.pack import DataPack


def assumptions_made(loaded: LoadedConfig) -> list[dict[str, str]]:
    """Every assumption that a run made.

    Parameters
    ----------
    loaded : LoadedConfig
        The config with its scenarios.

    Returns
    -------
    list of dict
        Keys: assumption, text, consequence, source, locator. First the model's, then those of the rows it used, whose
        notes begin with (A).

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> from simulation.config.load import load_config
    >>> "no_differential_survival" in [row["assumption"] for row in assumptions_made(load_config({}))]
    True
    """
    config, pack = loaded.base, loaded.pack
    alleles = config.genetics.alleles
    applies = {
        "always": True,
        "smoking_margin": any(_is_margin(p.smoking or config.smoking, pack) for p in config.all_populations.values()),
        "rare": "rare" in alleles,
        "null": "null" in likes(config, pack),
        "severe_solved": not all(name in config.parameters for name in GIVEN_OR_SOLVED),
        "not_recorded": config.copd.definition != "recorded",
        "nephelometry": config.serum.standard == "nephelometry",
        "strategies": bool(config.strategies),
        "stopped": any(
            (p.smoking or c.smoking).stopped > 0 for c in loaded.scenarios.values() for p in c.all_populations.values()
        ),
        "cascade": any(strategy.cascade for strategy in config.strategies.values()),
        "exposures": bool(config.exposures.model_dump(exclude_defaults=True)),
    }
    rows = [
        {
            "assumption": row.assumption,
            "text": row.text,
            "consequence": row.consequence,
            "source": row.source,
            "locator": row.locator,
        }
        for row in pack.assumptions.values()
        if applies[row.applies_to]
    ]
    for figure in figures_used(loaded):
        if figure["note"].startswith("(A)"):
            rows.append(
                {
                    "assumption": figure["name"],
                    "text": f"{figure['description']}: {figure['note'].removeprefix('(A)').strip()}",
                    "consequence": "",
                    "source": figure["source"],
                    "locator": figure["locator"],
                }
            )
    for ancestry, unknown in unknown_frequencies(loaded).items():
        rows.append(
            {
                "assumption": f"no_frequency.{ancestry}",
                "text": f"No frequency is known of {', '.join(unknown)} in {ancestry}; it is taken as 0.",
                "consequence": "Genotypes with these alleles are missing from the numbers.",
                "source": "model_choice",
                "locator": "docs/model.md, section 2",
            }
        )
    return rows


def unknown_frequencies(loaded: LoadedConfig) -> dict[str, list[str]]:
    """Followed alleles whose frequency nobody gives.

    Parameters
    ----------
    loaded : LoadedConfig
        The config with its scenarios.

    Returns
    -------
    dict of str to list of str
        Alleles by ancestry; ancestries that have them all are left out.

    Notes
    -----
    Source: docs/model.md, section 2.

    Examples
    --------
    >>> from simulation.config.load import load_config
    >>> unknown_frequencies(load_config({}))
    {'gnomad_nfe': ['null']}
    """
    found: dict[str, list[str]] = {}
    for config in loaded.scenarios.values():
        for ancestry in ancestry_shares(config, loaded.pack)[0]:
            followed = config.genetics.alleles[1:]
            unknown = [allele for allele in followed if not _has_frequency(ancestry, allele, config, loaded.pack)]
            if unknown:
                found.setdefault(ancestry, unknown)
    return found


def _is_margin(smoking: Any, pack: DataPack) -> bool:
    return smoking.shares is None and len({row.age_min for row in pack.smoking[smoking.source]}) == 1


def _has_frequency(ancestry: str, allele: str, config: Config, pack: DataPack) -> bool:
    if ancestry in config.ancestries:
        return allele in config.ancestries[ancestry]
    return bool(frequency_rows(ancestry, allele, pack))


def references_used(loaded: LoadedConfig) -> list[str]:
    """Keys of the sources behind the figures, assumptions and limits of a run.

    Parameters
    ----------
    loaded : LoadedConfig
        The config with its scenarios.

    Returns
    -------
    list of str
        Keys of references.csv, in alphabetical order.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> from simulation.config.load import load_config
    >>> "nakanishi2020" in references_used(load_config({}))
    True
    """
    sources = [row["source"] for row in (*figures_used(loaded), *assumptions_made(loaded))]
    sources += [row.source for row in loaded.pack.limits.values()]
    return sorted({source for source in sources if source in loaded.pack.references})
