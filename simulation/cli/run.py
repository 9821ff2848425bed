"""Commands that run a config: run, check, init, report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulation.cli.app import (
    INTERRUPTED,
    ConfigArgument,
    Engine,
    ReplicateCount,
    Scheduler,
    Seed,
    Settings,
    WorkerCount,
    app,
    config_path,
    configs_folder,
    schema_text,
    settings,
)
from simulation.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from simulation.config.schema import Config
    from simulation.results.results import Results
    from simulation.studies.blocks import Progress


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
    loaded = load_config(config_path(config), settings(seed, replicates, engine, workers, scheduler, set_))
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

    loaded = load_config(config_path(config), settings(seed, replicates, engine, workers, scheduler, set_))
    wanted = refuse_what_does_not_fit(loaded, Path("results") / loaded.name)
    base = loaded.base
    print(f"{loaded.name}: {base.title}")
    for name, population in base.all_populations.items():
        print(f"  {name}: {int(people(population, loaded.pack).sum()):,} people")
    print(f"  {base.replicates:,} replicates, engine {base.engine}, seed {base.seed}, COPD {base.copd.definition}")
    print(f"  scenarios: {', '.join(loaded.scenarios)}")
    for line in _strategies(base):
        print(f"  {line}")
    files = sorted(set(loaded.origins.values()) - {"default"})
    print(f"  values from: {', '.join(files) or 'defaults only'}")
    for ancestry, alleles in unknown_frequencies(loaded).items():
        print(f"  mind: no frequency is given of {', '.join(alleles)} in {ancestry}; taken as 0")
    for ancestry, past in loaded.past.items():
        print(f"  {ancestry}: {past}")
    if base.engine != "individuals" and any(
        key.startswith("individuals.") and origin != "default" for key, origin in loaded.origins.items()
    ):
        print(f"  mind: [individuals] is of use with engine individuals only; this is {base.engine}")
    unused = [key for key, origin in loaded.origins.items() if key.startswith("cascade.") and origin != "default"]
    if unused and not any(strategy.cascade for strategy in base.strategies.values()):
        print("  mind: [cascade] is of use to a strategy with cascade = true only; there is none")
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
    text = (configs_folder() / "europe.toml").read_text(encoding="utf-8")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        schema.write_text(schema_text(), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written ({error.strerror}); choose another place") from None
    print(f"Wrote {file} and {schema}. Change it and type: aatd run {file}")


@app.command()
def report(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that aatd run wrote.")]) -> None:
    """Draw the figures and write the report of a folder of results again."""
    from simulation.report.page import write_report
    from simulation.results.results import load_folder

    results = load_folder(folder)
    results.plot.save_all(folder / "figures")
    write_report(results, folder)
    print(f"Report: {folder / 'report.html'}")


def _strategies(config: Config) -> Iterator[str]:
    """Whom each strategy offers a test, which, and how many take it."""
    from simulation.config.values import RowName
    from simulation.config.ways import ways
    from simulation.diagnosis.strategies import TODAY

    for way in ways(config) if config.strategies else ():
        if way.who == TODAY:
            taken = ""
        else:
            uptake, again = way.settings.uptake, way.settings.interval_years
            share = "1" if uptake is None else uptake.name if isinstance(uptake, RowName) else uptake.text
            taken = f"uptake {share}" + ("; " if again is None else f", offered every {again:g} years; ")
        who = "" if way.who == way.name else f"{way.who}; "
        tests = "" if way.who == TODAY != way.name else way.algorithm
        parts = f"{who}{taken}{tests}".removesuffix("; ")
        yield f"strategy {way.name}: {parts}{'; and relatives' if way.settings.cascade else ''}"
        if way.measures_level and way.then is None and way.who != TODAY:
            yield f"mind: strategies.{way.name} finds nobody: a level alone never establishes the diagnosis; give then"


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
