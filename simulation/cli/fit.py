"""The command that fits allele frequencies to surveys."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulation.cli.app import Force, app, print_table
from simulation.errors import ConfigError, nearest

NO_SCREEN = 0.5  # of MM sent to be typed: a cut-off in another unit rather than a screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from simulation.surveys.fit import AlleleFrequencyFit


@app.command()
def fit(
    data: Annotated[
        list[Path],
        typer.Argument(metavar="DATA...", help="Genotype CSV, gnomAD CSV, plink2 .acount or .afreq, VCF or BCF."),
    ],
    out: Annotated[Path | None, typer.Option(help="Population file to write; its figure is put beside it.")] = None,
    rho: Annotated[
        float | None, typer.Option(help="Between-survey correlation; 0 if the sample is the population itself.")
    ] = None,
    survey: Annotated[list[str] | None, typer.Option(help="Take this survey only; may be repeated.")] = None,
    each: Annotated[
        bool, typer.Option("--each", help="Every survey is a population of its own; none are pooled.")
    ] = False,
    panel: Annotated[
        list[str] | None, typer.Option(help="Alleles told apart, S,Z or SURVEY=S,Z; every other reads as M.")
    ] = None,
    detected: Annotated[
        str | None, typer.Option(help="Share of each genotype that a screen sends to be typed: ZZ=0.99,SZ=0.6.")
    ] = None,
    serum_cutoff: Annotated[
        float | None, typer.Option(help="The same from the model's serum levels, typed if below this. [µmol/L]")
    ] = None,
    sample: Annotated[str, typer.Option(help="population, or patients: then nothing is squared.")] = "population",
    ascertainment: Annotated[
        Path | None, typer.Option(help="TOML file: who was tested and how much likelier by genotype; for patients.")
    ] = None,
    groups: Annotated[Path | None, typer.Option(help="Samples of a VCF and their group, one line each.")] = None,
    as_m: Annotated[str, typer.Option(help="Allele names to be read as M: X,P.")] = "",
    alleles: Annotated[
        str, typer.Option(help="Alleles to tell apart. Default: those named, rare and null pooled.")
    ] = "",
    label: Annotated[str, typer.Option(help="What the population is called.")] = "",
    force: Force = False,
) -> None:
    """Fit allele frequencies to surveys and write them as a population that a config can name."""
    from simulation.surveys.read import read_surveys
    from simulation.surveys.table import checked_surveys

    normal = tuple(_words(as_m))
    settings: dict[str, Any] = {"alleles": _words(alleles) or None, "as_m": normal, "panel": _panel(panel)}
    if sample not in ("population", "patients"):
        near = nearest(sample, ["population", "patients"])
        raise ConfigError(f"--sample {sample}; it must be population or patients{near}")
    if detected is not None and serum_cutoff is not None:
        raise ConfigError("--detected and --serum-cutoff both say whom the screen sends to be typed; give one of them")
    counts = read_surveys(data, groups=groups, as_m=normal)
    table = chosen_surveys(counts.table, survey)
    for note in counts.notes:
        print(f"mind: {note}")
    if sample == "patients" or ascertainment is not None:
        useless = {"--rho": rho, "--panel": panel, "--detected": detected, "--serum-cutoff": serum_cutoff, "--out": out}
        named = [option for option, value in useless.items() if value is not None]
        if named:
            raise ConfigError(f"{', '.join(named)}: of no use with patients, who are no population; leave them away")
        _fit_patients(table, ascertainment, normal)
        return
    if detected is not None:
        settings["detected"] = _shares(detected)
    if serum_cutoff is not None:
        followed = checked_surveys(table, settings["alleles"], normal, settings["panel"]).alleles
        settings["detected"] = _sent(serum_cutoff, followed)
    if counts.kind == "alleles" and counts.populations:  # the reader has named those in which nobody was typed
        table = table[table.groupby("survey")["n_typed"].transform(lambda n: n.fillna(0).sum() > 0)]
    names = list(dict.fromkeys(table["survey"]))
    apart = (each or counts.populations) and len(names) > 1
    if apart and out is not None and out.suffix == ".toml":
        raise ConfigError(
            f"--out {out}: there are {len(names)} populations, one file each; give a folder, or choose one with"
            f' --survey "{names[0]}"'
        )
    places = {name: out / f"{_slug(name)}.toml" for name in names} if apart and out is not None else {}
    check_places([*places.values()] if apart else [] if out is None else [out], data, force)
    if not apart:
        _fit_one(table, label or ", ".join(names[:3]), data, out, rho, settings, force)
        return
    for name in names:
        _fit_one(table[table["survey"] == name], label or name, data, places.get(name), rho, settings, force)


def check_places(places: Sequence[Path], data: Sequence[Path], force: bool) -> None:
    """Refuse files that cannot be written, before any work is done."""
    mistakes = []
    for place in places:
        if any(place.resolve() in (path.resolve(), path.with_suffix(".svg").resolve()) for path in data):
            mistakes.append(f"--out {place}: is one of the surveys; choose another name")
        elif place.exists() and not force:
            mistakes.append(f"{place}: exists already; choose another name, or replace it with --force")
        if list(places).count(place) > 1:
            mistakes.append(f"--out: two populations would be written as {place.name}; choose one with --survey")
    if mistakes:
        raise ConfigError(list(dict.fromkeys(mistakes)))


def _sent(cutoff_umol_l: float, alleles: Sequence[str]) -> dict[str, float]:
    """Whom a screen by serum level sends to be typed; refused where it would send everybody."""
    from simulation.studies.serum_screen import share_below

    found = share_below(cutoff_umol_l, alleles)
    shown = ", ".join(f"{name} {share:.3g}" for name, share in found.items())
    print(f"Typed below {cutoff_umol_l:g} µmol/L: {shown}")
    if found["MM"] > NO_SCREEN:
        raise ConfigError(
            f"--serum-cutoff {cutoff_umol_l:g}: sends {100 * found['MM']:.0f} % of MM to be typed, which is no screen; is it in"
            " mg/dL? (57 mg/dL are 11 µmol/L)"
        )
    return found


def _fit_one(
    table: pd.DataFrame,
    label: str,
    data: Sequence[Path],
    out: Path | None,
    rho: float | None,
    settings: dict[str, Any],
    force: bool,
) -> None:
    import matplotlib.pyplot as plt

    from simulation.surveys.fit import fit_allele_frequencies
    from simulation.surveys.plots import plot_fit
    from simulation.surveys.population_file import population_text, write_text_whole

    found = fit_allele_frequencies(table, rho, **settings)
    if out is not None:  # before anything is shown: a reader of the output may close it early
        command = shlex.join(["aatd", *sys.argv[1:]])
        write_text_whole(out, population_text(found, label, command, [path.name for path in data]), force)
        figure = plot_fit(found)
        figure.savefig(out.with_suffix(".svg"))
        plt.close(figure)
    _show_fit(found, label)
    if out is not None:
        print(f"\nWrote {out} and {out.with_suffix('.svg')}. In a config beside it:")
        print(f'  [ancestries.mine]\n  from = "{out.name}"\n\n  [population.ancestry]\n  mine = 1.0')


def _show_fit(found: AlleleFrequencyFit, label: str) -> None:
    rows: list[tuple[str, ...]] = [
        (r.allele, f"{r.n_observed:,}", f"{r.n_typed:,}", r.text, f"{r.rho:.2g}") for r in found.alleles.itertuples()
    ]
    names = ("allele", "n_observed", "n_typed", "frequency (95 % interval)")
    print_table(f"{label}: allele frequencies", (*names, "between-survey correlation"), rows)
    if len(found.surveys.names) > 1:
        seen = found.by_survey[found.by_survey["allele"] != "M"]
        rows = [
            (r.survey, r.allele, f"{r.n_observed:,}", f"{r.n_typed:,}", f"{r.frequency:.4g} ({r.low:.4g}-{r.high:.4g})")
            for r in seen.itertuples()
        ]
        print_table("Each survey by itself, as if surveys did not differ (rho = 0)", ("survey", *names), rows)
    if not found.genotype_table.empty:
        rows = [
            (r.survey, r.genotype, f"{r.n_observed:,}", _people(r.n_expected), _people(r.n_expected_fitted))
            for r in found.genotype_table.itertuples()
        ]
        columns = ("survey", "genotype", "n_observed", "n_expected", "n_expected_fitted")
        print_table(
            "Genotypes in Hardy-Weinberg proportions of the survey's own genes, and of the fitted ones", columns, rows
        )
    if not found.hardy_weinberg.empty:
        tests = [
            (
                r.survey,
                "one allele only"
                if r.inbreeding != r.inbreeding
                else f"{r.inbreeding:.4f} ({r.inbreeding_low:.4f} to {r.inbreeding_high:.4f})".replace("-", "−"),
                f"{r.p_hardy_weinberg_exact_two_sided:.4g}",
                f"{r.p_standard_error:.2g}",
                r.test,
            )
            for r in found.hardy_weinberg.itertuples()
        ]
        columns = ("survey", "inbreeding F", "p_hardy_weinberg_exact_two_sided", "p_standard_error", "test")
        print_table("Hardy-Weinberg proportions; p: all tables as probable as the observed one or less", columns, tests)
    rows = [(r.genotype, r.text) for r in found.prevalence.itertuples()]
    print_table("Prevalence in Hardy-Weinberg proportions", ("genotype or set", "1 in N (95 % interval)"), rows)
    for note in found.notes:
        print(f"mind: {note}")


def _fit_patients(table: pd.DataFrame, ascertainment: Path | None, as_m: tuple[str, ...]) -> None:
    """A sample ascertained by disease is not a population: its own shares, and what lies behind them."""
    from simulation.surveys.ascertainment import ascertained_prevalence, read_selection
    from simulation.surveys.genotypes import observed_genotypes

    selection = None if ascertainment is None else read_selection(ascertainment)
    shares = [
        (r.survey, r.genotype, f"{r.n:,} of {r.n_tested:,}", f"{r.share:.4g} ({r.low:.4g}-{r.high:.4g})")
        for r in observed_genotypes(table, as_m).itertuples()
    ]
    names = ("survey", "genotype", "n", "share (95 % interval)")
    print_table("Shares of the people tested; of nobody else, and nothing is squared", names, shares)
    if selection is None:
        print("For the prevalence behind them describe who was tested: --ascertainment FILE (docs/evidence.md).")
        return
    rows = [
        (r.survey, r.genotype, f"{r.relative_probability:.3g}", r.text)
        for r in ascertained_prevalence(table, selection, as_m).itertuples()
    ]
    names = ("survey", "genotype", "times likelier tested than MM", "1 in N (95 % interval)")
    print_table(f"Prevalence in the population behind {selection.tested}", names, rows)


def chosen_surveys(table: pd.DataFrame, surveys: Sequence[str] | None) -> pd.DataFrame:
    """Rows of these surveys, or of all."""
    if not surveys:
        return table
    known = list(dict.fromkeys(table["survey"]))
    unknown = [name for name in surveys if name not in known]
    if unknown:
        raise ConfigError(
            [
                f"--survey {name}: unknown{nearest(name, known)}; it must be one of {', '.join(known)}"
                for name in unknown
            ]
        )
    return table[table["survey"].isin(surveys)]


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", text) if word]


def _panel(given: Sequence[str] | None) -> str | dict[str, str] | None:
    if not given:
        return None
    if len(given) == 1 and "=" not in given[0]:
        return given[0]
    pairs = [text.partition("=") for text in given]
    if not all(equals for _, equals, _ in pairs):
        raise ConfigError("--panel: give one for all surveys (S,Z), or SURVEY=S,Z for each")
    return {name: alleles for name, _, alleles in pairs}


def _shares(text: str) -> dict[str, float]:
    found = {}
    for part in (part.strip() for part in text.split(",")):
        name, equals, share = (side.strip() for side in part.partition("="))
        try:
            found[name] = float(share.removesuffix("%")) / (100 if share.endswith("%") else 1)
        except ValueError:
            equals = ""
        if not equals:
            raise ConfigError(f"--detected {part}; it must be GENOTYPE=SHARE, for example ZZ=0.99,SZ=0.6")
    return found


def _people(n: float) -> str:
    return "" if n != n else f"{n:,.1f}"


def _slug(name: str) -> str:
    return re.sub(r"\W+", "_", name.lower()).strip("_") or "population"
