"""The law of the house: a module imports only from floors below its own, and nothing heavy before it must."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "simulation"
FLOORS = {
    "errors": 0,
    "labels": 0,
    "randomness": 0,
    "roots": 0,
    "data": 1,
    "parameters": 1,
    "demography": 1,
    "genetics": 1,
    "exposures": 1,
    "physiology": 1,
    "disease": 1,
    "care": 1,
    "diagnosis": 2,
    "inference": 2,
    "inputs": 3,
    "results": 3,
    "config": 4,
    "engines": 4,
    "surveys": 4,
    "assembly": 5,
    "studies": 6,
    "report": 7,
    "validation": 7,
    "api": 8,
    "cli": 8,
}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name not in ("__init__.py", "__main__.py"))


def room(module: str) -> str:
    return module.split(".")[1]


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names if node.module == "simulation"}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.startswith("simulation.")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path):
    here = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert here in FLOORS, f"{here} has no floor; give it one in this test and in docs/architecture.md"
    for name in imports(path):
        there = room(name)
        if there == "__version__" or there == here:
            continue
        assert FLOORS[there] < FLOORS[here], (
            f"{path.name} on floor {FLOORS[here]} imports {name}, floor {FLOORS[there]}"
        )


def test_no_rings():
    graph = {}
    for path in MODULES:
        name = ".".join(("simulation", *path.relative_to(PACKAGE).with_suffix("").parts))
        graph[name] = imports(path)

    def visit(name, chain):
        assert name not in chain, " → ".join([*chain, name])
        for other in graph.get(name, ()):
            visit(other, [*chain, name])

    for name in graph:
        visit(name, [])


def test_the_command_imports_nothing_heavy():
    code = "import sys, simulation.cli; print(*sorted(m for m in sys.modules if '.' not in m))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "scipy", "pandas", "xarray", "matplotlib", "pydantic", "pyarrow", "jinja2"} & set(
        done.stdout.split()
    )
    assert not heavy


def test_public_names_resolve_lazily():
    code = "import sys, simulation; assert 'numpy' not in sys.modules; simulation.genotype_frequencies; print(dir(simulation))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "load_config" in done.stdout


def test_an_unknown_name_is_an_attribute_error():
    import simulation

    with pytest.raises(AttributeError, match="no attribute 'genotype_frequncies'"):
        _ = simulation.genotype_frequncies
