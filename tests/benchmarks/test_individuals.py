"""What a listed person costs, as ratios of one run: `pytest -m benchmark -s -n 0 tests/benchmarks`."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

import simulation
from simulation.config.load import load_config
from simulation.engines.dealing import runs_of
from simulation.engines.individuals import person_law, persons
from simulation.engines.runs import chunks
from simulation.engines.split import Drawn
from simulation.engines.walk import copd_by_smoking, walk
from simulation.labels import AGES, PERSON_COLUMNS, SEXES, SMOKING, STATES
from simulation.randomness import generator
from simulation.studies.blocks import run_blocks

pytestmark = pytest.mark.benchmark
N_PEOPLE, REPEATS, AT_ONCE = 20_000_000, 7, 65_536
COLUMNS = ("genotype", "sex", "age", "smoking", "serum_aat_umol_l", "copd", "state")
CONFIG = {"population": {"size": N_PEOPLE, "age_min": 30}}


def interleaved(*works):
    """Seconds of each work, again and again in turn, so that a busy minute is everybody's."""
    times = [[] for _ in works]
    for _ in range(REPEATS):
        for work, found in zip(works, times, strict=True):
            began = time.perf_counter()
            work()
            found.append(time.perf_counter() - began)
    return times


def ratio(above, below, times_below=1):
    return statistics.median(a / (b * times_below) for a, b in zip(above, below, strict=True))


def streams(process):
    return generator(1, 0, process)


def random_numbers(n):
    """Two float64 and one float32 a person, into buffers that are used again."""
    rng, wide, narrow = streams("raw"), np.empty(AT_ONCE), np.empty(AT_ONCE, np.float32)
    for _ in range(n // AT_ONCE):
        rng.random(out=wide)
        rng.random(out=wide)
        rng.random(out=narrow, dtype=np.float32)


def individuals(inputs, columns):
    """Everybody of one replicate, from the drawn leaves to columns in memory."""
    leaves = next(walk(inputs.first_replicates(1), Drawn(1, 0)))
    law = person_law(inputs, 0)
    for part in chunks(runs_of(inputs, leaves, 0, streams)):
        persons(part, law, streams, columns)


def the_obvious_way(inputs, n):
    """A row at a time in spirit: names drawn by rng.choice, probabilities looked up, object and float64 columns."""
    rng = np.random.default_rng(1)
    people = inputs.values("n_people")[0]
    sex_age = rng.choice(people.size, n, p=(people / people.sum()).ravel())
    sex, age = np.unravel_index(sex_age, people.shape)
    genotype = rng.choice(np.array(inputs.genotypes, object), n, p=inputs.values("genotype")[0, 0])
    smoking = np.empty(n, object)
    for cell in range(people.size):
        here = sex_age == cell
        p = inputs.values("smoking")[0, 0].reshape(-1, 3)[cell]
        smoking[here] = rng.choice(np.array(SMOKING, object), here.sum(), p=p / p.sum())
    exact_age = np.array(AGES, float)[age] + rng.uniform(0, 5, n)
    code = {name: i for i, name in enumerate(inputs.genotypes)}
    g = np.array([code[name] for name in genotype])
    status = np.array([SMOKING.index(name) for name in smoking])
    mean, sd = inputs.values("serum_geometric_mean")[0], inputs.values("serum_log_sd")[0]
    with np.errstate(divide="ignore"):
        serum = rng.lognormal(np.log(mean)[g], sd[g])
    risk = copd_by_smoking(inputs)[0, 0]
    names = list(map(str, inputs.copd.coords["risk_genotype"].values))
    risk_of = np.array([names.index(str(name)) for name in inputs.risk_genotype.values])
    copd = rng.random(n) < risk[sex, age, status, risk_of[g]]
    p_state = inputs.values("state")[0, 0][g, copd.astype(int)]
    state = np.array(STATES, object)[(p_state.cumsum(axis=1) < rng.random(n)[:, None]).sum(axis=1).clip(max=7)]
    return genotype, np.array(SEXES, object)[sex], exact_age, smoking, serum, copd, state


def test_a_person_against_random_numbers():
    inputs = simulation.build_inputs(CONFIG)
    raw, seven, whole = interleaved(
        lambda: random_numbers(N_PEOPLE),
        lambda: individuals(inputs, COLUMNS),
        lambda: individuals(inputs, PERSON_COLUMNS),
    )
    found, all_columns = ratio(seven, raw), ratio(whole, raw)
    ns = [statistics.median(times) / N_PEOPLE * 1e9 for times in (raw, seven, whole)]
    print(f"\na person, seven columns {ns[1]:.1f} ns, all columns {ns[2]:.1f} ns, random numbers alone {ns[0]:.1f} ns")
    print(f"seven columns {found:.2f} times the random numbers (at most 1.5); all columns {all_columns:.2f} times")
    assert found <= 1.5


def test_a_person_against_the_obvious_way():
    inputs = simulation.build_inputs(CONFIG)
    n = 500_000
    obvious, ours = interleaved(lambda: the_obvious_way(inputs, n), lambda: individuals(inputs, COLUMNS))
    found = ratio(obvious, ours, n / N_PEOPLE)
    print(
        f"\nthe obvious way {statistics.median(obvious) / n * 1e9:.0f} ns a person: {found:.0f} times ours (at least 20)"
    )
    assert found >= 20


def test_a_person_against_starsim():
    starsim = pytest.importorskip("starsim")
    import pandas as pd

    inputs = simulation.build_inputs(CONFIG)
    n = 500_000
    people = inputs.values("n_people")[0].sum(axis=0)
    ages = pd.DataFrame({"age": AGES, "value": people})
    genotype = inputs.values("genotype")[0, 0]

    def starsim_people():
        """The same columns; each by itself, without the dependence of one on another, in Starsim's favour."""
        states = [
            starsim.FloatArr("genotype", default=starsim.choice(a=len(genotype), p=genotype / genotype.sum())),
            starsim.FloatArr("smoking", default=starsim.choice(a=3, p=[0.5, 0.3, 0.2])),
            starsim.FloatArr("serum", default=starsim.lognorm_im(mean=3.2, sigma=0.13)),
            starsim.BoolState("copd", default=starsim.bernoulli(p=0.1)),
            starsim.BoolState("recognised", default=starsim.bernoulli(p=0.01)),
        ]
        sim = starsim.Sim(people=starsim.People(n, ages, states), verbose=0, start=2020, stop=2021)
        sim.init()
        assert len(sim.people.serum.values) == n

    starsim_people()  # compiles
    theirs, ours = interleaved(starsim_people, lambda: individuals(inputs, COLUMNS))
    found = ratio(theirs, ours, n / N_PEOPLE)
    print(
        f"\nStarsim {starsim.__version__} {statistics.median(theirs) / n * 1e9:.0f} ns a person: {found:.0f} times ours"
    )
    assert found >= 10


def test_two_workers():
    configs = [
        load_config(Path(__file__).parents[2] / "configs" / "world.toml", execution={"workers": n}) for n in (1, 2)
    ]

    def work(loaded):
        with tempfile.TemporaryDirectory() as folder:
            run_blocks(loaded, Path(folder))

    work(configs[1])  # what is reckoned once in a process
    one, two = interleaved(*(lambda loaded=loaded: work(loaded) for loaded in configs))
    found = ratio(one, two)
    seconds = f"{statistics.median(one):.1f} s, {statistics.median(two):.1f} s"
    print(f"\nworld, 1,000 replicates, 1 and 2 workers: {seconds}; {found:.2f} times as fast (at least 1.6)")
    assert found >= 1.6


def test_a_hundred_million_people_in_bounded_memory():
    code = (
        "import sys, tempfile, pathlib, re; from simulation.config.load import load_config;"
        "from simulation.studies.blocks import run_blocks;"
        "folder = tempfile.TemporaryDirectory();"
        "config = {'engine': 'individuals', 'replicates': 1, 'population': {'size': 10**8, 'age_min': 30}};"
        "run_blocks(load_config(config, execution={'workers': int(sys.argv[1])}), pathlib.Path(folder.name));"
        # not ru_maxrss, which a child begins with that of its parent
        "print(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text()).group(1))"
    )
    for workers in (1, 2):
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", code, str(workers)], check=True, capture_output=True, text=True)
        peak = int(done.stdout) / 1024
        seconds = time.perf_counter() - began
        print(f"\n10⁸ people to Parquet, {workers} workers: {seconds:.1f} s, {peak:.0f} MB at most (at most 500)")
        assert peak < 500
