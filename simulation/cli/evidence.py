"""Commands that hold the model against what is known: reconcile, validate, plan, registry, correct."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from simulation.cli.app import ConfigArgument, Force, Settings, app, config_path, print_table
from simulation.cli.fit import chosen_surveys
from simulation.errors import ConfigError, DataError, nearest


@app.command()
def reconcile(
    data: Annotated[
        Path | None, typer.Argument(help="Allele counts, as aatd fit takes them. Default: all gnomAD samples.")
    ] = None,
    q: Annotated[float | None, typer.Option("--q", help="The collapsed frequency; it is squared.")] = None,
    one_in: Annotated[float | None, typer.Option(help="The collapsed estimate as 1 in N, instead of --q.")] = None,
    survey: Annotated[str | None, typer.Option(help="Which survey of the data.")] = None,
) -> None:
    """Explain a collapsed gene-level estimate: the steps from it to severe deficiency."""
    from simulation.surveys.read import read_surveys
    from simulation.surveys.reconcile import reconcile as steps_of

    if q is not None and one_in is not None:
        raise ConfigError("--q and --one-in are the same estimate; give one of them")
    if one_in is not None and one_in < 1:
        raise ConfigError(f"--one-in {one_in:g}; it must be at least 1")
    if q is not None and not 0 < q <= 1:
        raise ConfigError(f"--q {q:g}; it must be above 0 and at most 1: a frequency, not its square's 1 in N")
    collapsed = q**2 if q is not None else 1 / one_in if one_in is not None else None
    table = None
    if data is not None:
        counts = read_surveys([data])
        if counts.kind != "alleles":
            raise DataError(f"{data.name}: reconcile takes allele counts; fit genotypes with aatd fit")
        table = chosen_surveys(counts.table, [survey] if survey else None)
    rows = [
        (r.step, f"{r.proportion:+.12f}".replace("-", "−"), f"1 in {r.one_in:,.1f}")
        for r in steps_of(collapsed, table).itertuples()
    ]
    print_table("From a collapsed estimate to severe deficiency", ("step", "proportion", "after it"), rows)
    if any(step.startswith("unexplained") for step, _, _ in rows):
        print(
            "mind: these alleles do not make the estimate given; it has other alleles, other people or another definition"
        )


@app.command()
def validate(
    out: Annotated[Path | None, typer.Option(help="Folder for the table, the forest plot and the page.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of all random numbers.")] = 20261120,
    force: Force = False,
) -> None:
    """Compare the model with published figures; exit code 0 pass, 1 fail, 3 inconclusive."""
    from simulation.report.validation_page import write_validation
    from simulation.results.folder import check_place, written_beside
    from simulation.validation.compare import validate as compare

    if out is not None:
        check_place(out, force=force)
    found = compare(seed)
    print(found.rule)
    rows = [
        (
            r.label + (f", {r.year}" if r.year else ""),
            r.genotype,
            _number(r.observed) or f"{_number(r.observed_low)} to {_number(r.observed_high)}",
            f"{_number(r.model_mean)} ({_number(r.model_low)}-{_number(r.model_high)})",
            "inside" if r.inside else "OUTSIDE",
            "" if r.standard_errors != r.standard_errors else f"{r.standard_errors:+.1f}".replace("-", "−"),
            r.status,
        )
        for r in found.table.itertuples()
    ]
    names = ("figure", "genotype", "observed", "model (95 % interval)", "", "standard errors", "status")
    print_table("Published figures against the model", names, rows)
    explained = found.table[found.table["reason"] != ""]
    print("\nWhy they may differ, or are not counted")
    for reason, group in explained.groupby("reason", sort=False):
        named = group.groupby("label", sort=False)["genotype"].agg(", ".join)
        print(f"  {'; '.join(f'{label} ({genotypes})' for label, genotypes in named.items())}:\n    {reason}")
    print(f"\n{found.sentence}")
    if out is not None:
        with written_beside(out, force=force) as beside:
            write_validation(found.table, found.verdict, found.rule, found.sentence, beside)
        print(f"Report: {out / 'report.html'}")
    raise typer.Exit(found.exit_code)


@app.command()
def plan(
    config: ConfigArgument = "europe",
    target: Annotated[str, typer.Option(help="prevalence.NAME.proportion, NAME a genotype or a set.")] = (
        "prevalence.ZZ.proportion"
    ),
    relative_width: Annotated[
        float, typer.Option(help="Wished width of the 95 % interval, as part of the mean.")
    ] = 0.2,
    rho: Annotated[
        float, typer.Option(help="Between-survey correlation of the new survey; 0: it samples the population itself.")
    ] = 0.0,
    set_: Settings = None,
) -> None:
    """Say how many chromosomes to type, and of whom, to know a prevalence well enough."""
    from simulation.config.load import load_config
    from simulation.studies.plan import plan_survey

    found = plan_survey(load_config(config_path(config), set_ or []), target, relative_width, rho)
    sampled = "the population itself" if rho == 0 else f"with a between-survey correlation of {rho:g}"
    print(f"{target}: 1 in {1 / found.mean:,.0f} ({1 / found.high:,.0f}-{1 / found.low:,.0f}) at birth")
    print(f"Width of the interval today: {found.width:.3f} of the mean; wished: {relative_width:g}")
    print(f"The new survey samples {sampled} (--rho).")
    rows = [
        (
            r.ancestry,
            f"{100 * r.share:.1f} %",
            f"{r.narrowing_per_1000:.4f}",
            _typed(r.n_chromosomes, "cannot suffice alone"),
            f"{r.width_at_best:.3f}",
            _typed(r.n_chromosomes_best_mix, ""),
        )
        for r in found.table.itertuples()
    ]
    names = (
        "ancestry",
        "share",
        "narrower per 1,000 more",
        "chromosomes alone",
        "width if known exactly",
        "in best mix",
    )
    print_table("Where the next survey helps most", names, rows)
    if found.n_best_mix == 0:
        print("\nNo survey is needed: it is known so well already.")
    elif found.n_best_mix is None:
        print(f"\nNo survey suffices: with all of them the width is still {found.width_best_mix:.3f}.")
    else:
        print(
            f"\nBest: {found.n_best_mix:,} chromosomes ({found.n_best_mix // 2:,} people) in all; width promised"
            f" {found.width_best_mix:.3f}"
        )


@app.command()
def registry(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that aatd run wrote.")],
    n_registered: Annotated[int, typer.Argument(help="People in the register.")],
    genotype: Annotated[str, typer.Option(help="Genotype or set that is registered.")] = "severe",
    population: Annotated[str | None, typer.Option(help="Population of the register. Default: all.")] = None,
) -> None:
    """Say which share of the living cases a register holds."""
    from simulation.inference.registry import share_registered
    from simulation.results.results import load_folder

    results = load_folder(folder)
    known = list(dict.fromkeys(results.prevalence["genotype"]))
    if genotype not in known:
        raise ConfigError(
            f"--genotype {genotype}: unknown{nearest(genotype, known)}; it must be one of {', '.join(known)}"
        )
    if population is not None and population not in results.populations:
        near = nearest(population, results.populations)
        raise ConfigError(
            f"--population {population}: unknown{near}; it must be one of {', '.join(results.populations)}"
        )
    try:
        found = share_registered(n_registered, results.people_with(genotype, population))
    except ValueError as error:
        raise DataError(str(error)) from None
    print(f"{genotype}: {found.n_cases_mean:,.0f} ({found.n_cases_low:,.0f}-{found.n_cases_high:,.0f}) people expected")
    if found.possible < 1:
        print(f"mind: {100 * (1 - found.possible):.1f} % of the replicates have fewer cases than that and are left out")
    print(f"registered: {n_registered:,}, {100 * found.median:.2f} % ({100 * found.low:.2f}-{100 * found.high:.2f} %)")


@app.command()
def correct(
    n_positive: Annotated[int, typer.Argument(help="People with a positive test.")],
    n_tested: Annotated[int, typer.Argument(help="People tested.")],
    sensitivity: Annotated[str, typer.Option(help="A share, or found/of in a study: 0.96 or 96/100.")],
    specificity: Annotated[str, typer.Option(help="A share, or passed/of in a study: 0.99 or 990/1000.")],
) -> None:
    """Take the errors of a test out of a prevalence."""
    from simulation.inference.imperfect_tests import corrected_prevalence

    try:
        found = corrected_prevalence(
            n_positive, n_tested, _accuracy("--sensitivity", sensitivity), _accuracy("--specificity", specificity)
        )
    except ValueError as error:
        raise DataError(str(error)) from None
    print(f"positive: {n_positive:,} of {n_tested:,}, {n_positive / n_tested:.4g}")
    print(f"prevalence: {found.median:.4g} ({found.low:.4g}-{found.high:.4g}), mean {found.mean:.4g}")
    print(f"Rogan-Gladen estimate: {found.rogan_gladen:.4g}")


def _accuracy(option: str, text: str) -> float | tuple[int, int]:
    try:
        count, slash, of = text.partition("/")
        return (int(count), int(of)) if slash else float(text)
    except ValueError:
        raise ConfigError(f"{option} {text}: it must be a share such as 0.96, or found/of such as 96/100") from None


def _typed(n: Any, otherwise: str) -> str:
    from pandas import isna

    return otherwise if isna(n) else f"{n:,}"


def _number(value: float) -> str:
    if value != value:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"
