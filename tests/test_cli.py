"""The aatd command, as a user meets it: a process of its own, its exit code, its words and what it leaves behind."""

import functools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parent.parent
CONFIGS = sorted(path for path in (ROOT / "configs").glob("*.toml"))


def aatd(*arguments, cwd=None):
    command = [sys.executable, "-m", "simulation", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=300)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_runs(path, tmp_path):
    done = aatd("run", path, "--out", tmp_path / "out", "--replicates", 3)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no progress bar where nobody looks
    assert f"Report: {tmp_path / 'out' / 'report.html'}" in done.stdout
    names = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    wanted = {
        "run.json",
        "config.toml",
        "report.html",
        "references.bib",
        "tables/prevalence.csv",
        "tables/prevalence.parquet",
    }
    wanted |= {f"figures/{name}.{kind}" for name in ("prevalence", "copd", "recognition") for kind in ("svg", "png")}
    assert wanted <= names
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert {"config", "origins", "seed", "versions", "data_hash", "began", "command"} <= set(record)
    assert record["origins"]["replicates"] == "--set"


def test_the_same_config_and_seed_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        assert (
            aatd(
                "run", ROOT / "configs" / "smoking_scenarios.toml", "--out", tmp_path / name, "--replicates", 3
            ).returncode
            == 0
        )
    for path in sorted((tmp_path / "a" / "tables").glob("*.csv")):
        assert path.read_bytes() == (tmp_path / "b" / "tables" / path.name).read_bytes(), path.name
    assert aatd("run", "europe", "--out", tmp_path / "c", "--replicates", 3, "--seed", 2).returncode == 0
    a, c = (pd.read_csv(tmp_path / name / "tables" / "headlines.csv") for name in ("a", "c"))
    assert a["n_mean"].iloc[0] != c["n_mean"].iloc[0]


def test_a_folder_is_never_overwritten_without_force(tmp_path):
    out = tmp_path / "out"
    assert aatd("run", "--out", out, "--replicates", 2).returncode == 0
    before = (out / "run.json").read_bytes()
    refused = aatd("run", "--out", out, "--replicates", 2)
    assert refused.returncode == 2
    assert refused.stderr == f"{out}: exists already; choose another folder with --out, or replace it with --force\n"
    assert (out / "run.json").read_bytes() == before
    assert aatd("run", "--out", out, "--replicates", 2, "--seed", 9, "--force").returncode == 0
    assert json.loads((out / "run.json").read_text())["seed"] == 9
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_force_does_not_replace_what_is_no_result(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    refused = aatd("run", "--out", tmp_path / "mine", "--replicates", 2, "--force")
    assert refused.returncode == 2
    assert "holds something other than results" in refused.stderr
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    refused = aatd("run", "--out", tmp_path / "file" / "out", "--replicates", 2)
    assert refused.returncode == 2
    assert "cannot be written" in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("seeed = 1", "bad.toml: unknown key seeed; did you mean seed?"),
        ("replicates = 0", "bad.toml: replicates = 0; it must be at least 1"),
        ("seed = = 1", "line 1"),
        ("[genetics]\ninbreeding = -0.5", "makes a genotype negative"),
        (
            "[ancestries.mine]\nZ = { beta = { low = 0.4, high = 0.9 } }\nS = 0.3\n[population.ancestry]\nmine = 1",
            "sum to at most 1",
        ),
    ],
)
def test_a_mistake_gives_lines_code_2_and_no_folder(tmp_path, text, sentence):
    (tmp_path / "bad.toml").write_text(text)
    for command in ("run", "check"):
        if command == "check" and "at most 1" in sentence:
            continue  # seen only when drawn
        done = aatd(command, tmp_path / "bad.toml", cwd=tmp_path)
        assert done.returncode == 2
        assert sentence in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
    assert [p.name for p in tmp_path.iterdir()] == ["bad.toml"]


def test_a_missing_config_and_an_unknown_one(tmp_path):
    done = aatd("run", "nowhere.toml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "nowhere.toml: no such file\n")
    done = aatd("run", "europa", cwd=tmp_path)
    assert done.returncode == 2
    assert "did you mean europe?" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [("run", "--replicates", "many"), ("rum",), ("run", "--sed", "1")])
def test_a_mistake_on_the_command_line(arguments):
    done = aatd(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr


def test_ctrl_c_before_a_block_is_done_leaves_nothing_behind(tmp_path):
    command = [sys.executable, "-m", "simulation", "run", "world", "--out", str(tmp_path / "deep" / "out")]
    # a job started in the background of a shell inherits Ctrl-C ignored; this one must not
    listens = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    running = subprocess.Popen(command, cwd=tmp_path, preexec_fn=listens, **pipes)
    try:
        time.sleep(0.6)
        running.send_signal(signal.SIGINT)
        _, stderr = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 130
    assert stderr == "Interrupted; nothing was kept.\n"
    assert list(tmp_path.iterdir()) == []


def test_no_arguments_show_the_help():
    done = aatd()
    assert "Usage" in done.stdout + done.stderr


def test_help_of_every_command():
    top = aatd("--help").stdout
    for command in (
        *("run", "check", "init", "populations", "parameters", "cite", "schema", "report"),
        *("families", "tests", "strategies"),
    ):
        assert command in top
        done = aatd(command, "--help")
        assert done.returncode == 0
        assert "Usage" in done.stdout


def test_init_writes_a_config_that_runs(tmp_path):
    done = aatd("init", cwd=tmp_path)
    assert done.returncode == 0
    assert {p.name for p in tmp_path.iterdir()} == {"aatd.toml", "aatd.schema.json"}
    assert aatd("run", "aatd.toml", "--replicates", 2, cwd=tmp_path).returncode == 0
    assert (tmp_path / "results" / "aatd" / "report.html").exists()
    again = aatd("init", cwd=tmp_path)
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_check_says_what_would_run():
    done = aatd("check", "united_states")
    assert done.returncode == 0
    assert "white: 191,698,000 people" in done.stdout
    assert "no mistakes found" in done.stdout


def test_set_changes_a_key(tmp_path):
    settings = ["population.size=5000", "smoking.source=italy_2016", 'parameters."lung.copd_or.sz_ever"=2.5']
    repeated = [word for setting in settings for word in ("--set", setting)]
    done = aatd("run", "--out", tmp_path / "out", "--replicates", 2, "--engine", "expected", *repeated)
    assert done.returncode == 0, done.stderr
    config = json.loads((tmp_path / "out" / "run.json").read_text())["config"]
    assert config["population"]["size"] == 5000
    assert config["smoking"] == {"source": "italy_2016", "stopped": 0.0}
    assert config["parameters"] == {"lung.copd_or.sz_ever": 2.5}
    assert config["engine"] == "expected"


def test_lists():
    assert "gnomad_nfe" in aatd("populations").stdout
    everything, unverified = aatd("parameters").stdout, aatd("parameters", "--unverified").stdout
    assert "lung.fixed_ratio_or.zz.ukb" in everything
    assert "lung.fixed_ratio_or.zz.ukb" not in unverified
    assert 5 < len(unverified.splitlines()) < len(everything.splitlines())
    cited = aatd("cite", "europe").stdout
    assert "@article{nakanishi2020," in cited
    assert json.loads(aatd("schema").stdout)["title"] == "AATD Simulation config"


def test_report_is_drawn_again(tmp_path):
    assert aatd("run", "--out", tmp_path / "out", "--replicates", 2).returncode == 0
    (tmp_path / "out" / "report.html").unlink()
    assert aatd("report", tmp_path / "out").returncode == 0
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000
    refused = aatd("report", tmp_path)
    assert refused.returncode == 2
    assert "run.json is missing" in refused.stderr


def test_help_answers_at_once():
    # against `python -c pass` in the same minute, best of five each: the machine's speed cancels
    def best(command):
        times = []
        for _ in range(5):
            began = time.perf_counter()
            subprocess.run(command, capture_output=True, check=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""})
            times.append(time.perf_counter() - began)
        return min(times)

    assert best([sys.executable, "-m", "simulation", "--help"]) < 15 * best([sys.executable, "-c", "pass"])
