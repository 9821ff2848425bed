"""The same bytes from 1 worker, threads, processes and a Dask cluster, in any order of arrival, and for any run length."""

import random
import subprocess
import sys
import threading
from concurrent.futures import Executor, Future
from contextlib import contextmanager

import pyarrow.parquet as pq
import pytest

import simulation
from simulation.config.load import load_config
from simulation.studies import blocks
from simulation.studies.run import tables_of
from simulation.studies.workers import Workers
from tests.cluster import cluster

CONFIG = """
seed = 3
replicates = 200
engine = "individuals"

[populations.here]
size = 700
ages = "SWE"
ancestry = { gnomad_nfe = 0.6, gnomad_fin = 0.4 }

[populations.there]
size = 900
ages = "ESP"

[scenarios.nobody_smokes]
smoking = { never = 1, former = 0, current = 0 }
"""


def written(folder):
    """Bytes of every file that holds numbers."""
    paths = [path for part in ("tables", "replicates", "individuals") for path in (folder / part).rglob("*.*")]
    assert len(paths) > 30
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def run(folder, config, *arguments):
    command = [sys.executable, "-m", "simulation", "run", str(config), "--out", str(folder), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("execution") / "small.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope="module")
def alone(config):
    return written(run(config.parent / "alone", config))


@pytest.mark.parametrize(
    "how",
    [("--workers", 2), ("--workers", 3), ("--workers", 2, "--set", "execution.executor=processes")],
    ids=["two threads", "three threads", "two processes"],
)
def test_workers_do_not_change_a_byte(config, alone, how, tmp_path):
    assert written(run(tmp_path / "out", config, *how)) == alone


def test_a_dask_cluster_does_not_change_a_byte(config, alone, tmp_path):
    with cluster(tmp_path / "cluster") as found:
        assert written(run(tmp_path / "out", config, "--scheduler", found.address)) == alone


class AnyOrder(Executor):
    """Holds calls back and does them in random order, one after another."""

    def __init__(self, seed):
        self._random, self._held, self._free = random.Random(seed), [], threading.Condition()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def submit(self, function, /, *arguments):
        future = Future()
        with self._free:
            self._held.append((future, function, arguments))
            self._free.notify()
        return future

    def _work(self):
        while True:
            with self._free:
                self._free.wait_for(lambda: self._held, timeout=5)
                if not self._held:
                    return
                call = self._held.pop(self._random.randrange(len(self._held)))
            future, function, arguments = call
            future.set_result(function(*arguments))


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_arrival_does_not_change_a_byte(config, alone, seed, tmp_path, monkeypatch):
    @contextmanager
    def crew(_execution):
        yield Workers(AnyOrder(seed), 8, lambda _patience: None)

    monkeypatch.setattr(blocks, "workers", crew)
    assert written(simulation.run(config).save(tmp_path / "out")) == alone


def test_a_longer_run_begins_with_the_shorter_one(tmp_path):
    short, long = ({"replicates": n, "population": {"size": 2000}, "seed": 8} for n in (500, 1000))
    tables = simulation.run(short).tables
    blocks.run_blocks(load_config(long), tmp_path)
    for number in range(8, 16):
        blocks.block_path(tmp_path / "replicates", "base", number).unlink()
    last = blocks.block_path(tmp_path / "replicates", "base", 7)
    pq.write_table(pq.read_table(last).slice(0, 500 - 7 * 64), last)
    first = tables_of(load_config(short), tmp_path)
    for name, table in tables.items():
        assert first[name].to_csv() == table.to_csv(), name


def test_no_scheduler_and_no_workers_are_said(tmp_path, config):
    def refused(*arguments):
        command = [sys.executable, "-m", "simulation", "run", str(config), "--out", str(tmp_path / "out"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "out").exists()
        return done.stderr

    assert "no scheduler answers there" in refused("--scheduler", "tcp://127.0.0.1:9")
    assert "it must be an address such as tcp://host:8786" in refused("--scheduler", "localhost")
    with cluster(tmp_path / "cluster", n_workers=0) as found:
        assert f"it has no workers: start some with dask worker {found.address}" in refused(
            "--scheduler", found.address
        )


def test_dask_that_is_not_installed_is_said(tmp_path, config):
    code = "import sys; sys.modules['dask'] = None; from simulation.cli import main; main()"
    command = [
        sys.executable,
        "-c",
        code,
        "run",
        str(config),
        "--out",
        str(tmp_path / "out"),
        "--scheduler",
        "tcp://a:1",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        'execution.scheduler = "tcp://a:1"; Dask is not installed: pip install "aatd-simulation[cluster]"'
    ]
