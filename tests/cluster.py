"""A real Dask scheduler with worker processes on this machine, started for a test and stopped after it."""

import contextlib
import json
import subprocess
import sys
import time


class Cluster:
    """Processes of a cluster; kill them as a test needs."""

    def __init__(self, folder, n_workers):
        self.file = folder / "scheduler.json"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        dask = [sys.executable, "-m", "dask"]
        host = ["--host", "127.0.0.1"]
        alone = ["--no-dashboard"]
        command = [*dask, "scheduler", *host, "--port", "0", *alone, "--scheduler-file", str(self.file)]
        self.scheduler = subprocess.Popen(command, cwd=folder, **quiet)
        wait_until(self.file.exists, 60)
        self.address = json.loads(self.file.read_text())["address"]
        # no nanny: a worker that is killed stays dead
        worker = [*dask, "worker", self.address, *host, "--nthreads", "1", "--no-nanny", *alone]
        self.workers = [subprocess.Popen(worker, cwd=folder, **quiet) for _ in range(n_workers)]

    def stop(self):
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@contextlib.contextmanager
def cluster(folder, n_workers=2):
    folder.mkdir(exist_ok=True)
    found = Cluster(folder, n_workers)
    try:
        yield found
    finally:
        found.stop()


def wait_until(condition, seconds):
    """Wait for something to become true; a minute's silence is a failure."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
