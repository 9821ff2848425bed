"""A docstring is a contract: every public function says shapes, units, errors, source, and shows an example that runs."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "simulation"


def public_functions():
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.parent.name == "cli":  # commands: their help is tested in test_cli.py
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield pytest.param(node, id=f"{path.relative_to(PACKAGE)}:{node.name}")


@pytest.mark.parametrize("function", list(public_functions()))
def test_docstring_is_complete(function):
    text = ast.get_docstring(function) or ""
    arguments = [a.arg for a in (*function.args.args, *function.args.kwonlyargs)]
    if arguments:
        assert "Parameters\n----------" in text
        for name in arguments:
            assert name in text.split("Parameters\n")[1], f"{name} is not described"
    returns = function.returns is not None and ast.unparse(function.returns) != "None"
    assert not returns or "Returns\n-------" in text or "Yields\n------" in text
    assert "Examples\n--------" in text
    assert ">>> " in text
    assert "Source" in text or "Notes\n-----" in text, "the equation or the place in the documentation is missing"
    raises = {
        ast.unparse(node.exc).split("(")[0] for node in ast.walk(function) if isinstance(node, ast.Raise) and node.exc
    }
    for error in raises:
        assert error in text, f"{error} is raised but not described"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
