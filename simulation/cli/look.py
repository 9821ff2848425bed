"""Commands that show what there is: populations, parameters, cite, schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from simulation.cli.app import ConfigArgument, app, config_path, print_table, schema_text

if TYPE_CHECKING:
    from simulation.data.rows import Parameter


@app.command()
def populations() -> None:
    """List ancestries, mixtures, areas, counted populations and smoking sources that a config may name."""
    from simulation.data.pack import data_pack

    pack = data_pack()
    rows = [
        (row.ancestry, row.kind, _frequency("S", name), _frequency("Z", name), row.label + _proxy(row.proxy))
        for name, row in pack.ancestries.items()
    ]
    print_table("Ancestries: population.ancestry = { NAME = 1.0 }", ("name", "kind", "S", "Z", "label"), rows)
    named = [(name, f"{len(found)} ancestries", found[0].label) for name, found in pack.mixtures.items()]
    print_table('Mixtures: population.ancestry = "NAME"', ("name", "", "label"), named)
    areas = [(name, f"{sum(map(sum, found.values())):,}", found.label) for name, found in pack.ages.items()]
    print_table('Areas: population.size or population.ages = "NAME"', ("name", "people in 2020", "label"), areas)
    sizes = [(row.population_size, f"{row.n_people:,}", row.label) for row in pack.population_sizes.values()]
    print_table('Counted populations: population.size = "NAME"', ("name", "people", "label"), sizes)
    smoking = [
        (name, "by age" if len({row.age_min for row in found}) > 1 else "total", found[0].verified, found[0].label)
        for name, found in pack.smoking.items()
    ]
    print_table('Smoking: smoking.source = "NAME"', ("name", "table", "verified", "label"), smoking)


@app.command()
def parameters(
    unverified: Annotated[bool, typer.Option("--unverified", help="Only those not read in a source.")] = False,
) -> None:
    """List the parameters that a config may set or name, with value, interval and source."""
    from simulation.data.pack import data_pack

    rows = [
        (
            row.name,
            "solved" if row.value is None else f"{row.value:g}",
            _interval(row),
            row.unit,
            row.verified,
            row.source,
            row.description,
        )
        for row in data_pack().parameters.values()
        if not unverified or row.verified == "no"
    ]
    names = ("name", "value", "interval", "unit", "verified", "source", "description")
    print_table('Parameters: [parameters] "NAME" = value, distribution or another NAME', names, rows)


@app.command()
def cite(config: ConfigArgument = "europe") -> None:
    """Print the references of every figure a config uses, as BibTeX."""
    from simulation.assembly.assumptions import references_used
    from simulation.config.load import load_config
    from simulation.results.bibtex import bibtex

    loaded = load_config(config_path(config))
    print(bibtex(vars(loaded.pack.references[key]) for key in references_used(loaded)), end="")


@app.command()
def schema() -> None:
    """Print the JSON Schema of the config, for an editor (`#:schema aatd.schema.json` on a config's first line)."""
    print(schema_text(), end="")


def _frequency(allele: str, ancestry: str) -> str:
    from simulation.data.pack import data_pack

    link = data_pack().ancestry_alleles[ancestry].get(allele)
    return "" if link is None else f"{data_pack().allele_frequencies[link.population, allele].frequency:.4f}"


def _proxy(name: str) -> str:
    return f" (proxy: {name})" if name else ""


def _interval(row: Parameter) -> str:
    """Interval as published, else that of the distribution; empty for a number without uncertainty."""
    from simulation.assembly.parameters import row_distribution

    if row.low is not None and row.high is not None:
        return f"{row.low:g}-{row.high:g}"
    if not row.distribution:
        return ""
    low, high = row_distribution(row).quantile([0.025, 0.975])
    return f"{low:.3g} to {high:.3g}"
