"""The `aatd` command. Heavy imports live inside the commands, so that --help answers at once."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulation.errors import AATDError, ConfigError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from simulation.data.rows import Parameter
    from simulation.results.results import Results
    from simulation.studies.blocks import Progress

INTERRUPTED = 130
app = typer.Typer(
    help="How many people carry a SERPINA1 deficiency genotype, how many have COPD, and how many nobody knows about.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
ConfigArgument = Annotated[
    str, typer.Argument(metavar="CONFIG", help="A TOML file, or the name of a config that comes with aatd.")
]


Seed = Annotated[int | None, typer.Option(help="Seed of all random numbers.")]
ReplicateCount = Annotated[int | None, typer.Option(help="Draws of all parameters and people.")]
Engine = Annotated[str | None, typer.Option(help="counts, individuals (adds a line list) or expected.")]
WorkerCount = Annotated[int | None, typer.Option(help="Blocks worked on at a time.")]
Scheduler = Annotated[str | None, typer.Option(help="Dask scheduler to send the work to, tcp://host:8786.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Set a key of the config; may be repeated.")
]


def _settings(
    seed: int | None,
    replicates: int | None,
    engine: str | None,
    workers: int | None,
    scheduler: str | None,
    set_: list[str] | None,
) -> list[str]:
    """Everything that the command line sets, as KEY=VALUE."""
    given = {
        "seed": seed,
        "replicates": replicates,
        "engine": engine,
        "execution.workers": workers,
        "execution.scheduler": scheduler,
    }
    return [*(set_ or []), *(f"{key}={value}" for key, value in given.items() if value is not None)]


@app.command()
def run(
    config: ConfigArgument = "europe",
    out: Annotated[Path | None, typer.Option(help="Folder for the results. Default: results/NAME.")] = None,
    seed: Seed = None,
    replicates: ReplicateCount = None,
    engine: Engine = None,
    workers: WorkerCount = None,
    scheduler: Scheduler = None,
    set_: Settings = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was interrupted.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace results that exist, throw away an unfinished run.")
    ] = False,
) -> None:
    """Run a config and write tables, figures and the report."""
    from simulation.config.load import load_config
    from simulation.report.page import write_report
    from simulation.results.folder import check_place
    from simulation.results.results import load_folder
    from simulation.results.unfinished import is_finished, kept_sentence, kept_until_finished
    from simulation.studies.estimate import refuse_what_does_not_fit
    from simulation.studies.record import fingerprint
    from simulation.studies.run import run_study

    if resume and force:
        raise ConfigError("--resume goes on with a run, --force throws it away; give one of them")
    loaded = load_config(_config_path(config), _settings(seed, replicates, engine, workers, scheduler, set_))
    folder = out if out is not None else Path("results") / loaded.name
    if resume and is_finished(folder, fingerprint(loaded)):
        results = load_folder(folder)
    else:
        check_place(folder, force=force)
        refuse_what_does_not_fit(loaded, folder)
        try:
            with kept_until_finished(folder, fingerprint(loaded), force=force, resume=resume) as work:
                with _progress("Replicates") as progress:
                    command = " ".join(["aatd", *sys.argv[1:]])
                    results = run_study(loaded, work, progress, command, write_report)
                results.write_into(work)
        except KeyboardInterrupt:
            print(f"Interrupted; {kept_sentence(folder)}.", file=sys.stderr)
            sys.exit(INTERRUPTED)
    _show_summary(results)
    print(f"Report: {folder / 'report.html'}")


@app.command()
def check(
    config: ConfigArgument = "europe",
    seed: Seed = None,
    replicates: ReplicateCount = None,
    engine: Engine = None,
    workers: WorkerCount = None,
    scheduler: Scheduler = None,
    set_: Settings = None,
) -> None:
    """Read a config and say what it would run and need, or everything that is wrong with it."""
    from simulation.assembly.assumptions import unknown_frequencies
    from simulation.assembly.people import people
    from simulation.config.load import load_config
    from simulation.studies.estimate import refuse_what_does_not_fit, trial_seconds

    loaded = load_config(_config_path(config), _settings(seed, replicates, engine, workers, scheduler, set_))
    wanted = refuse_what_does_not_fit(loaded, Path("results") / loaded.name)
    base = loaded.base
    print(f"{loaded.name}: {base.title}")
    for name, population in base.all_populations.items():
        print(f"  {name}: {int(people(population, loaded.pack).sum()):,} people")
    print(f"  {base.replicates:,} replicates, engine {base.engine}, seed {base.seed}, COPD {base.copd.definition}")
    print(f"  scenarios: {', '.join(loaded.scenarios)}")
    files = sorted(set(loaded.origins.values()) - {"default"})
    print(f"  values from: {', '.join(files) or 'defaults only'}")
    for ancestry, alleles in unknown_frequencies(loaded).items():
        print(f"  mind: no frequency is given of {', '.join(alleles)} in {ancestry}; taken as 0")
    if base.engine != "individuals" and any(
        key.startswith("individuals.") and origin != "default" for key, origin in loaded.origins.items()
    ):
        print(f"  mind: [individuals] is of use with engine individuals only; this is {base.engine}")
    if wanted.n_listed:
        print(f"  a line list of about {wanted.n_listed:,.0f} people")
    print(
        f"  about {_duration(trial_seconds(loaded))} (one block was tried), {wanted.memory / 1e6:,.0f} MB of memory,"
        f" {wanted.disk / 1e6:,.0f} MB of disk"
    )
    print("  no mistakes found")


@app.command()
def init(file: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("aatd.toml")) -> None:
    """Write a config to start from, and its schema for the editor."""
    schema = file.with_name("aatd.schema.json")
    if file.exists():
        raise ConfigError(f"{file}: exists already; choose another name, or remove it")
    text = (_configs() / "europe.toml").read_text(encoding="utf-8")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        schema.write_text(_schema_text(), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written ({error.strerror}); choose another place") from None
    print(f"Wrote {file} and {schema}. Change it and type: aatd run {file}")


@app.command()
def populations() -> None:
    """List ancestries, mixtures, areas, counted populations and smoking sources that a config may name."""
    from simulation.data.pack import data_pack

    pack = data_pack()
    rows = [
        (row.ancestry, row.kind, _frequency("S", name), _frequency("Z", name), row.label + _proxy(row.proxy))
        for name, row in pack.ancestries.items()
    ]
    _print_table("Ancestries: population.ancestry = { NAME = 1.0 }", ("name", "kind", "S", "Z", "label"), rows)
    named = [(name, f"{len(found)} ancestries", found[0].label) for name, found in pack.mixtures.items()]
    _print_table('Mixtures: population.ancestry = "NAME"', ("name", "", "label"), named)
    areas = [(name, f"{sum(map(sum, found.values())):,}", found.label) for name, found in pack.ages.items()]
    _print_table('Areas: population.size or population.ages = "NAME"', ("name", "people in 2020", "label"), areas)
    sizes = [(row.population_size, f"{row.n_people:,}", row.label) for row in pack.population_sizes.values()]
    _print_table('Counted populations: population.size = "NAME"', ("name", "people", "label"), sizes)
    smoking = [
        (name, "by age" if len({row.age_min for row in found}) > 1 else "total", found[0].verified, found[0].label)
        for name, found in pack.smoking.items()
    ]
    _print_table('Smoking: smoking.source = "NAME"', ("name", "table", "verified", "label"), smoking)


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
    _print_table('Parameters: [parameters] "NAME" = value, distribution or another NAME', names, rows)


@app.command()
def cite(config: ConfigArgument = "europe") -> None:
    """Print the references of every figure a config uses, as BibTeX."""
    from simulation.assembly.assumptions import references_used
    from simulation.config.load import load_config
    from simulation.results.bibtex import bibtex

    loaded = load_config(_config_path(config))
    print(bibtex(vars(loaded.pack.references[key]) for key in references_used(loaded)), end="")


@app.command()
def schema() -> None:
    """Print the JSON Schema of the config, for an editor (`#:schema aatd.schema.json` on a config's first line)."""
    print(_schema_text(), end="")


@app.command()
def report(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that aatd run wrote.")]) -> None:
    """Draw the figures and write the report of a folder of results again."""
    from simulation.report.page import write_report
    from simulation.results.results import load_folder

    results = load_folder(folder)
    results.plot.save_all(folder / "figures")
    write_report(results, folder)
    print(f"Report: {folder / 'report.html'}")


def main() -> None:
    """Run the command; mistakes end with code 2, Ctrl-C with 130."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        code = app(standalone_mode=False)
        if code == INTERRUPTED:  # typer has caught Ctrl-C and gives its code back
            raise KeyboardInterrupt
        sys.exit(code if isinstance(code, int) else 0)
    except AATDError as error:
        for message in error.messages:
            print(message, file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("Interrupted; nothing was kept.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except Exception as error:
        shown = _usage_mistake(error)
        if shown is None:
            raise
        print(shown, file=sys.stderr)
        sys.exit(2)


def _usage_mistake(error: Exception) -> str | None:
    """Words for a mistake on the command line; None for a fault of ours."""
    message = getattr(error, "format_message", None)
    return f"aatd: {message()}" if callable(message) and message() else None


def _configs() -> Path:
    """Where the configs are: inside an installed package, one level up in a checkout."""
    inside = Path(__file__).parent / "configs"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "configs"


def _config_path(name: str) -> Path:
    path = Path(name)
    shipped = _configs() / f"{path.stem if path.suffix == '.toml' else name}.toml"
    if path.exists() or path.parent != Path():
        return path
    if shipped.is_file() and path.suffix == "":
        return shipped
    if path.suffix == "":
        known = sorted(found.stem for found in _configs().glob("*.toml"))
        raise ConfigError(f"{name}: no such file or config{nearest(name, known)}; aatd comes with {', '.join(known)}")
    return path


def _schema_text() -> str:
    import json

    from simulation.config.json_schema import json_schema

    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


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


def _print_table(title: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Plain columns: they can be searched and cut with the shell's own tools."""
    print(f"\n{title}")
    widths = [max(len(str(row[i])) for row in [names, *rows]) for i in range(len(names))]
    for row in [names, *rows]:
        print("  " + "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _duration(seconds: float) -> str:
    """Seconds in words, rounded to what an estimate is good for."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _progress(label: str) -> AbstractContextManager[Progress | None]:
    from contextlib import contextmanager

    @contextmanager
    def bar() -> Iterator[Progress | None]:
        if not sys.stderr.isatty():
            yield None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TextColumn("blocks"), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
            task = shown.add_task(label, total=None)
            yield lambda done, total: shown.update(task, completed=done, total=total)

    return bar()


def _show_summary(results: Results) -> None:
    from rich.console import Console
    from rich.table import Table

    born = results.select("prevalence", at="birth", genotype="severe").iloc[0]
    table = Table(
        title=results.title,
        title_justify="left",
        caption=f"Severe deficiency at birth: {born.text}",
        caption_justify="left",
    )
    for name in results.summary.columns:
        table.add_column(str(name), justify="left" if name == "" else "right")
    for row in results.summary.itertuples(index=False):
        table.add_row(*map(str, row))
    Console().print(table)
