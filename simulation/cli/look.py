"""Commands that show what there is: populations, parameters, tests, strategies, cite, schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from simulation.cli.app import ConfigArgument, app, config_path, print_table, schema_text

if TYPE_CHECKING:
    from simulation.data.rows import Parameter

READ = ("S", "Z", "rare", "null")  # alleles of which it is shown what a test reads


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
def tests() -> None:
    """List the laboratory tests that strategies may name: cost, days until the result, what each reads of an allele."""
    from simulation.data.pack import data_pack

    pack = data_pack()
    rows = [
        (
            name,
            f"{row.cost:g} {row.currency}",
            f"{row.turnaround_days:g}",
            *(_read(name, allele) for allele in READ),
            row.verified,
            row.label,
        )
        for name, row in pack.lab_tests.items()
    ]
    names = ("name", "cost", "days", *(f"reads {allele}" for allele in READ), "verified", "label")
    print_table('Tests: [testing] or [strategies.NAME], first_test = "NAME", then = "NAME"', names, rows)
    print(
        "\n  yes: as what it is; M: as M, so that the allele is not seen; a percentage: so often as what it is, else as M;"
    )
    print(
        "  nothing: as no protein, so that the other allele is reported twice. Costs of your own: [testing.tests.NAME]."
    )


@app.command()
def strategies() -> None:
    """List whom a strategy may offer a test, and the triggers of classical_triggers."""
    from simulation.config.schema import Config
    from simulation.config.ways import switched_off
    from simulation.diagnosis.strategies import STRATEGIES, TRIGGERS

    rows = [(name, _first_line(law)) for name, law in STRATEGIES.items()]
    print_table('Strategies: [strategies.NAME], or [strategies.A_NAME_OF_YOURS] who = "NAME"', ("name", "offers"), rows)
    off = switched_off(Config())
    triggers = [
        (name, _first_line(trigger) + (f" Off by default: {off[name]}." if name in off else ""))
        for name, trigger in TRIGGERS.items()
    ]
    print_table('Triggers: [strategies.classical_triggers] triggers = ["NAME", ...]', ("name", "who has it"), triggers)


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


def _read(test: str, allele: str) -> str:
    """What a test makes of an allele; empty for the level, which reads none."""
    from simulation.data.pack import data_pack
    from simulation.diagnosis.readings import NO_PROTEIN

    row = data_pack().readings.get(test, {}).get(allele)
    if row is None:
        return ""
    if row.read_as == allele:
        return "yes" if row.sensitivity == 1 else f"{100 * row.sensitivity:.0f} %"
    return "nothing" if row.read_as == NO_PROTEIN else row.read_as


def _first_line(documented: object) -> str:
    return (documented.__doc__ or "").strip().split("\n")[0]


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
