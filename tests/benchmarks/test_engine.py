"""Timings as ratios of one run: `pytest -m benchmark -s -n 0 tests/benchmarks`. Not part of the timed tests."""

import statistics
import time
from pathlib import Path

import numpy as np
import pytest

from simulation.assembly.build import build_block
from simulation.config.load import load_config
from simulation.engines.block import run_block
from simulation.engines.split import Expected
from simulation.engines.walk import walk

pytestmark = pytest.mark.benchmark
WORLD = Path(__file__).parent.parent.parent / "configs" / "world.toml"
REPLICATES, REPEATS = 1000, 3


class Recorded(Expected):
    """Multiply, and note every split: its process, people and probabilities."""

    def __init__(self):
        self.calls = []

    def divide(self, process, n, probability):
        self.calls.append(("divide", np.asarray(n), probability))
        return super().divide(process, n, probability)

    def part(self, process, n, probability):
        self.calls.append(("part", np.asarray(n), probability))
        return super().part(process, n, probability)


def bare_draws(calls, rng):
    """The same numbers of draws of the same shape, and nothing else."""
    for kind, n, probability in calls:
        (rng.multinomial if kind == "divide" else rng.binomial)(n, probability)


def blocks_of(loaded):
    n_blocks = -(-REPLICATES // 64)
    for number in range(n_blocks):
        yield number, build_block(loaded, number).inputs["base"].first_replicates(min(64, REPLICATES - 64 * number))


def seconds(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def test_engine_against_bare_draws():
    loaded = load_config(WORLD)
    engine, bare = [], []
    for _ in range(REPEATS):
        engine.append(0.0)
        bare.append(0.0)
        for number, inputs in blocks_of(loaded):
            recorded = Recorded()
            for _leaves in walk(inputs, recorded):
                pass
            calls = [(kind, np.rint(n).astype(np.int64), p) for kind, n, p in recorded.calls]
            rng = np.random.Generator(np.random.SFC64(number))
            bare[-1] += seconds(lambda calls=calls, rng=rng: bare_draws(calls, rng))
            engine[-1] += seconds(lambda inputs=inputs, number=number: run_block(inputs, "counts", 1, number))
            del calls, recorded
    ratio = statistics.median(e / b for e, b in zip(engine, bare, strict=True))
    times = f"engine {statistics.median(engine):.1f} s, bare draws {statistics.median(bare):.1f} s"
    print(f"\nworld, {REPLICATES} replicates: {times}, ratio {ratio:.2f} (at most 2)")
    assert ratio <= 2


def test_people_do_not_cost():
    small = {**load_config(WORLD).resolved}
    parts = {}
    for name, size in (("7.8 million", 1_300_000), ("7.8 billion", 1_300_000_000)):
        populations = {
            key: {**table, "size": size, "ages": table["size"]} for key, table in small["populations"].items()
        }
        parts[name] = load_config({**small, "populations": populations})
    times = {name: [] for name in parts}
    for _ in range(REPEATS):
        for name, loaded in parts.items():
            total = 0.0
            for number, inputs in blocks_of(loaded):
                total += seconds(lambda inputs=inputs, number=number: run_block(inputs, "counts", 1, number))
            times[name].append(total)
    ratio = statistics.median(a / b for a, b in zip(times["7.8 billion"], times["7.8 million"], strict=True))
    print(f"\n7.8 billion people against 7.8 million: {ratio:.2f} (at most 3)")
    assert ratio <= 3


def test_memory():
    import subprocess
    import sys

    code = (
        "import re, sys, tempfile, pathlib; from simulation.config.load import load_config;"
        "from simulation.studies.run import run_study;"
        "run_study(load_config(sys.argv[1]), pathlib.Path(tempfile.mkdtemp()));"
        # not ru_maxrss, which a child begins with that of its parent
        "print(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text()).group(1))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(WORLD)], check=True, capture_output=True, text=True)
    peak = int(done.stdout) / 1024
    print(f"\nworld, {REPLICATES} replicates, whole run: {peak:.0f} MB at most (at most 1,000)")
    assert peak < 1000


def test_whole_run_of_the_default():
    import subprocess
    import sys
    import tempfile

    times = []
    for i in range(REPEATS):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "simulation", "run", "europe", "--out", f"{folder}/{i}"]
            times.append(seconds(lambda command=command: subprocess.run(command, check=True, capture_output=True)))
    print(f"\naatd run europe, as a whole: {statistics.median(times):.1f} s (at most 10)")
    assert statistics.median(times) < 10
