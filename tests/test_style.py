"""The code is typed, formatted and clean, and names no machine."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    "command", [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",)], ids=" ".join
)
def test_checkers_pass(command):
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_modules_stay_short():
    for path in (ROOT / "simulation").rglob("*.py"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= 450, f"{path.name} has {lines} lines; split it by subject"


def test_no_file_names_a_registry_or_a_path_of_a_machine():
    words = re.compile("|".join(["py" + r"pi\.org", "python" + "hosted", "/" + r"(tmp|work|root|home)/[A-Za-z]"]))
    for path in ROOT.rglob("*"):
        if (
            path.suffix in (".py", ".toml", ".md", ".csv", ".cff", ".yml", ".json", ".ipynb", ".html")
            and ".git" not in path.parts
        ):
            if any(part.startswith(".") or part in ("results", "dist") for part in path.relative_to(ROOT).parts[:-1]):
                continue
            assert not words.search(path.read_text(encoding="utf-8")), path


def test_nothing_is_unpickled_or_evaluated():
    # results and data are CSV, Parquet, JSON and TOML: no reader that could run what it reads
    words = re.compile(
        r"\b(pickle|cloudpickle|joblib|marshal|shelve|dill)\b|read_pickle|allow_pickle|\beval\(|\bexec\(|yaml"
    )
    for path in (ROOT / "simulation").rglob("*.py"):
        code = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.strip().startswith("#")]
        found = [line for line in code if words.search(line) and '"""' not in line]
        assert not found, (path, found)
