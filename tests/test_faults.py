"""What breaks, broken on purpose: nothing is lost, nothing half-written is a result, every end is said in a line."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import simulation
from tests.cluster import cluster, wait_until

CONFIG = """
seed = 4
replicates = 900
engine = "individuals"

[population]
size = 3000

[individuals]
only = "carrier"

[scenarios.nobody_smokes]
smoking = { never = 1, former = 0, current = 0 }
"""
AATD = [sys.executable, "-m", "simulation"]


def start(folder, *arguments, prefix=()):
    command = [*prefix, *AATD, "run", str(folder / "faulty.toml"), "--out", str(folder / "out"), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(running):
    stdout, stderr = running.communicate(timeout=300)
    assert "Traceback" not in stderr, stderr
    return running.returncode, stdout, stderr


def n_blocks(folder):
    return len(list((folder / ".out.unfinished" / "replicates" / "base").glob("block_*.parquet")))


def numbers(folder):
    """Bytes of every file that holds numbers."""
    paths = [path for part in ("tables", "replicates", "individuals") for path in (folder / part).rglob("*.*")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    (folder / "faulty.toml").write_text(CONFIG)
    assert finish(start(folder))[0] == 0
    return numbers(folder / "out")


@pytest.fixture
def place(tmp_path):
    (tmp_path / "faulty.toml").write_text(CONFIG)
    return tmp_path


def resumed(place, *arguments):
    code, _, stderr = finish(start(place, "--resume", *arguments))
    assert code == 0, stderr
    assert sorted(path.name for path in place.iterdir() if path.name != "cluster") == ["faulty.toml", "out"]
    assert not list((place / "out").rglob("*.partial"))
    return numbers(place / "out")


def kill_again_and_again(place, uninterrupted, times, seed):
    """Kill a run at random moments, each time going on with what the last left."""
    chance, gone_on, over = random.Random(seed), 0, 0
    for _ in range(times):
        running = start(place, "--resume", "--workers", chance.choice([1, 2]))
        try:
            running.wait(chance.uniform(0.5, 6))
            over += 1
        except subprocess.TimeoutExpired:
            running.kill()
        running.communicate()
        done = n_blocks(place)
        gone_on += done > 0
        if (place / "out").exists():  # it came through before it was killed: then it is whole
            assert numbers(place / "out") == uninterrupted
            simulation.load_results(place / "out")
            shutil.rmtree(place / "out")
        else:
            with pytest.raises(simulation.DataError, match=r"run\.json is missing"):
                simulation.load_results(place / "out")
    assert gone_on, "no kill came after a block was done: kill later"
    assert resumed(place) == uninterrupted


def test_killed_at_random_moments(place, uninterrupted):
    kill_again_and_again(place, uninterrupted, times=6, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_killed_many_times(place, uninterrupted, seed):
    kill_again_and_again(place, uninterrupted, times=25, seed=seed)


def interrupt(place, how, blocks=2, **named):
    """Start a run and stop it with a signal when some blocks are done."""
    listens = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)} if how == signal.SIGINT else {}
    command = [*AATD, "run", str(place / "faulty.toml"), "--out", str(place / "out")]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **listens)
    wait_until(lambda: n_blocks(place) >= blocks or running.poll() is not None, 60)
    running.send_signal(how)
    return finish(running)


def test_ctrl_c_keeps_finished_blocks_and_says_so(place, uninterrupted):
    code, _, stderr = interrupt(place, signal.SIGINT)
    assert code == 130
    assert stderr == f"Interrupted; finished blocks ({n_blocks(place)}) are kept, go on with --resume.\n"
    code, _, stderr = finish(start(place))  # without --resume the work is neither lost nor silently gone on with
    assert code == 2
    assert "go on with --resume, or throw them away with --force" in stderr
    assert resumed(place) == uninterrupted
    code, stdout, _ = finish(start(place, "--resume"))  # finished already: said again, nothing done
    assert code == 0
    assert "Report:" in stdout


def test_sigterm_keeps_finished_blocks(place, uninterrupted):
    assert interrupt(place, signal.SIGTERM)[0] == 143
    assert n_blocks(place) >= 2
    assert resumed(place, "--workers", 2) == uninterrupted


def test_force_throws_unfinished_work_away(place, uninterrupted):
    interrupt(place, signal.SIGKILL)
    assert n_blocks(place) >= 2
    assert finish(start(place, "--force"))[0] == 0
    assert numbers(place / "out") == uninterrupted


def test_another_config_does_not_go_on_with_the_work(place):
    interrupt(place, signal.SIGKILL)
    code, _, stderr = finish(start(place, "--resume", "--seed", 5))
    assert code == 2
    assert "the unfinished run is another: seed was 4, is 5" in stderr
    assert n_blocks(place) >= 2


def test_two_runs_do_not_write_the_same_folder(place):
    first = start(place)
    wait_until(lambda: n_blocks(place) >= 1, 60)
    code, _, stderr = finish(start(place, "--resume"))
    assert (code, "another run is at work on it" in stderr) == (2, True)
    assert finish(first)[0] == 0


@pytest.mark.parametrize("what", ["sums cut off", "sums damaged", "line list cut off", "manifest cut off"])
def test_a_damaged_block_is_said_and_done_again(place, uninterrupted, what):
    interrupt(place, signal.SIGKILL, blocks=4)
    work = place / ".out.unfinished"
    kind, how = what.rsplit(" ", 1)[0].removesuffix(" cut"), what
    pattern = {
        "sums": "replicates/base/block_000001.parquet",
        "line list": "individuals/base/block_000001_*.parquet",
        "manifest": "individuals/base/_block_000001.json",
    }[kind]
    path = next(work.glob(pattern))
    content = bytearray(path.read_bytes())
    if how.endswith("damaged"):
        content[len(content) // 2] ^= 0xFF
    else:
        del content[len(content) // 2 :]
    path.write_bytes(content)
    code, _, stderr = finish(start(place, "--resume"))
    assert code == 0
    assert stderr == f"{path}: cut off or damaged; block 1 is done again\n"
    assert numbers(place / "out") == uninterrupted


def test_a_damaged_result_is_not_read(place):
    assert finish(start(place, "--replicates", 70))[0] == 0
    results = simulation.load_results(place / "out")
    for path, read in (
        (place / "out" / "replicates" / "base" / "block_000001.parquet", lambda: results.replicates()),
        (place / "out" / "individuals" / "base" / "block_000001_000000.parquet", lambda: list(results.individuals())),
        (place / "out" / "tables" / "copd.parquet", lambda: simulation.load_results(place / "out")),
    ):
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(simulation.DataError, match="whole"):
            read()
        path.write_bytes(whole)


def mounted(tmp_path, script):
    """Run a shell script in a mount namespace of its own, where it may mount a small disk."""
    for prefix in (["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"]):
        if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
            command = [*prefix, "bash", "-c", script]
            environment = {**os.environ, "AATD": f"{sys.executable} -m simulation"}
            return subprocess.run(
                command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False, timeout=300
            )
    pytest.skip("this machine lets nobody mount a disk")


def test_a_full_disk(place, uninterrupted):
    (place / "disk").mkdir()
    script = """
    mount -t tmpfs -o size=200m none disk
    $AATD run faulty.toml --out disk/out & running=$!
    until [ -e disk/.out.unfinished/replicates/base/block_000001.parquet ]; do sleep 0.02; done
    head -c 300m /dev/zero > disk/filler 2>/dev/null
    wait $running; echo "code $?"
    ls disk
    rm disk/filler
    $AATD run faulty.toml --out disk/out --resume >/dev/null && cp -r disk/out out
    """
    done = mounted(place, script)
    assert done.stdout.split("\n")[:2] == ["code 2", "filler"], done.stdout + done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("disk/out: cannot be written (")
    assert "No space left on device" in lines[0]
    assert lines[0].endswith("are kept, go on with --resume")
    assert numbers(place / "out") == uninterrupted


def test_a_folder_made_read_only(place, uninterrupted):
    prefix = []
    if os.geteuid() == 0:  # root may write anywhere, unless it gives its privileges up
        prefix = ["unshare", "--user"]
        if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
            pytest.skip("this machine lets nobody give privileges up")
    running = start(place, prefix=prefix)
    wait_until(lambda: n_blocks(place) >= 2, 60)
    folders = [path for path in (place / ".out.unfinished").rglob("*") if path.is_dir()]
    for path in folders:
        path.chmod(0o555)
    code, _, stderr = finish(running)
    for path in folders:
        path.chmod(0o755)
    assert code == 2
    assert stderr.startswith(f"{place / 'out'}: cannot be written (")
    assert stderr.endswith("are kept, go on with --resume\n")
    assert stderr.count("\n") == 1
    assert resumed(place) == uninterrupted


def test_a_killed_process_worker(place, uninterrupted):
    running = start(place, "--workers", 2, "--set", "execution.executor=processes")
    wait_until(lambda: n_blocks(place) >= 1, 60)
    children = psutil.Process(running.pid).children(recursive=True)
    worker = next(child for child in children if "spawn_main" in " ".join(child.cmdline()))
    worker.kill()
    code, _, stderr = finish(running)
    assert code == 2
    assert "a worker process was killed" in stderr
    assert stderr.endswith("are kept, go on with --resume\n")
    assert resumed(place) == uninterrupted


def test_workers_do_not_outlive_a_killed_run(place):
    running = start(place, "--workers", 2, "--set", "execution.executor=processes")
    wait_until(lambda: n_blocks(place) >= 1, 60)
    children = psutil.Process(running.pid).children(recursive=True)
    assert len(children) >= 2
    running.kill()
    running.communicate()
    wait_until(lambda: not any(child.is_running() and child.status() != "zombie" for child in children), 20)


def test_a_killed_dask_worker_is_replaced_by_the_other(place, uninterrupted):
    with cluster(place / "cluster") as found:
        running = start(place, "--scheduler", found.address)
        wait_until(lambda: n_blocks(place) >= 2, 60)
        found.workers[0].kill()
        code, _, stderr = finish(running)
    assert code == 0, stderr
    assert numbers(place / "out") == uninterrupted


def test_the_last_dask_worker_is_killed(place, uninterrupted):
    with cluster(place / "cluster", n_workers=1) as found:
        running = start(place, "--scheduler", found.address)
        wait_until(lambda: n_blocks(place) >= 2, 60)
        found.workers[0].kill()
        code, _, stderr = finish(running)
    assert code == 2
    assert stderr.startswith(f"the scheduler {found.address} has no workers left; finished blocks (")
    assert stderr.endswith("are kept, go on with --resume\n")
    assert resumed(place) == uninterrupted


def test_resume_and_force_are_not_given_together(place):
    code, _, stderr = finish(start(place, "--resume", "--force"))
    assert (code, stderr) == (2, "--resume goes on with a run, --force throws it away; give one of them\n")


def test_a_scheduler_that_goes_away(place, uninterrupted):
    with cluster(place / "cluster") as found:
        running = start(place, "--scheduler", found.address)
        wait_until(lambda: n_blocks(place) >= 2, 60)
        found.scheduler.kill()
        began = time.monotonic()
        code, _, stderr = finish(running)
        assert time.monotonic() - began < 60
    assert code == 2
    last = stderr.splitlines()[-1]
    assert f"the scheduler {found.address} is gone; finished blocks (" in last
    assert last.endswith("are kept, go on with --resume")
    assert resumed(place) == uninterrupted
    assert Path(place / "out" / "report.html").is_file()
