"""The shape of the house: who may import whom, how long a function may be, what is documented.

Design: errors -> data, models, tasks -> measures -> participants -> fit -> lab -> cli.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

import cogmem

ROOT = Path(cogmem.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*.py"))
LINES_OF_A_FILE, LINES_OF_A_BODY, MEDIAN_BODY, NINETIETH_BODY = 500, 80, 10, 35

LAYERS = [{"errors"}, {"data", "models", "tasks"}, {"measures"}, {"participants"}, {"fit"}, {"lab"}]
ABOVE = {name: set().union(*LAYERS[:level]) for level, layer in enumerate(LAYERS) for name in layer}
MAY_IMPORT = ABOVE | {
    "lab": ABOVE["lab"] | {"plots"},
    "plots": {"errors"},
    "brian": {"errors", "tasks"},
    "cite": {"errors", "models"},
    # The public names, loaded when first used, and the command: they see everything.
    "__init__": None,
    "__main__": None,
    "cli": None,
}
# Plots take Datasets, and nothing that makes them.
PLOTS_ONLY = {"numpy", "xarray", "matplotlib", "cogmem"}
ONLY_IMPORTER = {"brian2": "brian"}


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def folder(path: Path) -> str:
    """The folder of cogmem that a file is in, or the file's own name at the top."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[0]


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module imported anywhere in a file, also in functions, in full, with its line.

    `from cogmem import data` is an import of cogmem.data; so is `import_module("cogmem.data")`.
    """
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            if node.module == "cogmem":
                yield from ((f"cogmem.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield node.module or "", node.lineno
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            named = node.args[0] if node.args else None
            if isinstance(named, ast.Constant):
                yield str(named.value), node.lineno


def wrong_arrows(paths: list[Path]) -> list[str]:
    """Imports of one folder of cogmem by another that may not."""
    found = []
    for path in paths:
        here = folder(path)
        allowed = MAY_IMPORT.get(here, set())
        for module, line in imports(path):
            package, _, rest = module.partition(".")
            there = rest.partition(".")[0]
            if package == "experiments" and allowed is not None:
                found.append(f"{path.relative_to(ROOT)}:{line} imports {module}")
            if package != "cogmem" or allowed is None or there in (here, ""):
                continue
            if there not in allowed:
                found.append(f"{path.relative_to(ROOT)}:{line} imports {module}")
    return found


def test_every_folder_has_its_place_in_the_design() -> None:
    unplaced = sorted({folder(path) for path in FILES} - set(MAY_IMPORT))
    assert unplaced == []


def test_imports_run_one_way() -> None:
    assert wrong_arrows(FILES) == []


def test_models_import_no_other_folder() -> None:
    found = {
        module
        for path in FILES
        if folder(path) == "models"
        for module, _ in imports(path)
        if module.startswith("cogmem") and not module.startswith("cogmem.models")
    }
    assert found <= {"cogmem.errors"}


def test_plots_import_only_what_draws() -> None:
    found = {
        module.partition(".")[0]
        for path in FILES
        if folder(path) == "plots"
        for module, _ in imports(path)
    }
    assert found - set(sys.stdlib_module_names) <= PLOTS_ONLY


@pytest.mark.parametrize(("package", "home"), ONLY_IMPORTER.items())
def test_package_has_one_importer(package: str, home: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in FILES
        if folder(path) != home
        for module, line in imports(path)
        if module.partition(".")[0] == package
    ]
    assert found == []


@pytest.mark.parametrize(
    ("here", "statement"),
    [
        ("models", "from cogmem.data.recalls import Recalls"),
        ("measures", "from cogmem import fit"),
        ("plots", "def f():\n    import cogmem.measures"),
        ("data", "from cogmem.models.cmr import CMR"),
        ("fit", "import_module('cogmem.lab.store')"),
        ("lab", "import experiments.comparison"),
    ],
)
def test_wrong_arrow_is_seen(
    here: str, statement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check itself, on files that break it."""
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / here).mkdir()
    path = tmp_path / here / "new.py"
    path.write_text(statement)
    assert len(wrong_arrows([path])) == 1


# ---- shape --------------------------------------------------------------------------------------

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    return (n for n in ast.walk(parsed(path)) if isinstance(n, Function))


def body_lines(function: Function) -> int:
    """From the first statement after the docstring to the last; comments and blanks count."""
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def lengths() -> dict[str, int]:
    return {
        f"{path.relative_to(ROOT)}:{f.name}": body_lines(f)
        for path in FILES
        for f in functions(path)
    }


def test_files_are_short() -> None:
    long = {str(p.relative_to(ROOT)): n for p in FILES if (n := count_lines(p)) >= LINES_OF_A_FILE}
    assert long == {}


def count_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_functions_are_short() -> None:
    found = lengths()
    assert {name: n for name, n in found.items() if n > LINES_OF_A_BODY} == {}
    assert median(found.values()) <= MEDIAN_BODY
    assert sorted(found.values())[int(0.9 * len(found))] <= NINETIETH_BODY


def undocumented(path: Path) -> list[str]:
    """Public modules, classes, functions and methods without a docstring.

    Left out: what is inside a function or a private class, and special methods, whose meaning is
    Python's; `__getitem__` and `__call__`, whose meaning is the class's, need one.
    """
    found = [] if ast.get_docstring(parsed(path)) or empty(path) else ["module"]
    todo: list[tuple[str, ast.AST]] = [("", parsed(path))]
    while todo:
        prefix, parent = todo.pop()
        for node in ast.iter_child_nodes(parent):
            if not isinstance(node, Function | ast.ClassDef) or is_private(node.name):
                continue
            if ast.get_docstring(node) is None and not is_overload(node):
                found.append(prefix + node.name)
            if isinstance(node, ast.ClassDef):
                todo.append((f"{node.name}.", node))
    return found


def empty(path: Path) -> bool:
    return not parsed(path).body


def is_private(name: str) -> bool:
    return name.startswith("_") and name not in ("__getitem__", "__call__")


def is_overload(node: ast.AST) -> bool:
    return any(ast.unparse(d) == "overload" for d in getattr(node, "decorator_list", []))


def test_whatever_is_public_is_documented() -> None:
    found = {str(p.relative_to(ROOT)): names for p in FILES if (names := undocumented(p))}
    assert found == {}


def test_public_functions_are_annotated() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{f.lineno} {f.name}"
        for path in FILES
        for f in functions(path)
        if f.returns is None or any(a.annotation is None for a in arguments(f))
    ]
    assert found == []


def arguments(function: Function) -> list[ast.arg]:
    """All arguments but self and cls."""
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return [a for a in named if a is not None and a.arg not in ("self", "cls")]


# ---- one word for one idea, written once --------------------------------------------------------

EXPERIMENTS = sorted((ROOT.parent / "experiments").glob("*.py"))
TESTS = sorted((ROOT.parent / "tests").rglob("*.py"))


@pytest.mark.parametrize("paths", [EXPERIMENTS, TESTS], ids=["experiments", "tests"])
def test_scripts_and_tests_are_short_files_too(paths: list[Path]) -> None:
    assert {str(p): n for p in paths if (n := count_lines(p)) >= LINES_OF_A_FILE} == {}


def test_experiments_do_not_import_each_other() -> None:
    """An installed cogmem carries them as scripts, not as a package."""
    found = [
        f"{path.name}:{line} imports {module}"
        for path in EXPERIMENTS
        for module, line in imports(path)
        if module.partition(".")[0] == "experiments"
    ]
    assert found == []


BY_POSITION = {
    "equal_bits.py:kanerva": "makers of memories take one thing, the key",
    "equal_bits.py:kanerva_half_on": "likewise",
    "equal_bits.py:pooler": "likewise",
    "five_lists.py:five_lists": "mapped over learners by vmap, which maps positions only",
    "index_layer.py:normal_weights": "jax.random.normal has it first, followed by the shape",
    "protocol.py:Block.__call__": "mapped over draws, and passed on to what was given",
    "randomness.py:generator": "a key is what it makes another thing of",
}
"""Public functions whose PRNG key may be given by position, and why."""


def public(path: Path) -> Iterator[tuple[str, Function]]:
    """Functions at the top of a file and methods of its classes that are public, by name."""
    for node in parsed(path).body:
        members = node.body if isinstance(node, ast.ClassDef) else [node]
        if isinstance(node, ast.ClassDef) and is_private(node.name):
            continue
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        for each in members:
            if isinstance(each, Function) and not is_private(each.name):
                yield f"{path.name}:{prefix}{each.name}", each


def takes_key_by_position(function: Function) -> bool:
    given = [*function.args.posonlyargs, *function.args.args]
    return any(a.annotation and "PRNGKey" in ast.unparse(a.annotation) for a in given)


def test_keys_are_keyword_only() -> None:
    found = {name for path in FILES for name, f in public(path) if takes_key_by_position(f)}
    assert found - set(BY_POSITION) == set()
    assert set(BY_POSITION) - found == set(), "these are no exceptions any more"


def test_counts_are_called_n() -> None:
    """`n_items`, not `num_items` or `nItems`, as argument or field."""
    given = {
        f"{path.name}: {name}"
        for path in [*FILES, *EXPERIMENTS]
        for node in ast.walk(parsed(path))
        for name in own_names(node)
        if re.search(r"^(num|count|nr)_|_(num|nr)$|^n[A-Z]", name)
    }
    assert given == set()


def own_names(node: ast.AST) -> list[str]:
    """What arguments of a function, or fields of a class, are called."""
    if isinstance(node, Function):
        return [each.arg for each in arguments(node)]
    if isinstance(node, ast.ClassDef):
        fields = (each for each in node.body if isinstance(each, ast.AnnAssign))
        return [ast.unparse(each.target) for each in fields]
    return []


SAME_BODY = {
    "_peers _morton2013": "two data sets that happen to be kept as tables of one form",
    "_store_head _store_head": "methods of learners whose states are of different types",
}
"""Functions of three lines or more that say the same, and why they are not one."""

LINES_THAT_COUNT = 3


def same_bodies(paths: list[Path]) -> dict[str, list[str]]:
    """Functions with the same body, apart from their docstrings: by their names, where they are."""
    places: dict[str, list[tuple[str, str]]] = {}
    for path in paths:
        for function in functions(path):
            if body_lines(function) < LINES_THAT_COUNT:
                continue
            code = function.body[ast.get_docstring(function) is not None :]
            same = "".join(ast.dump(each) for each in code)
            where = f"{path.relative_to(path.parents[1])}:{function.lineno}"
            places.setdefault(same, []).append((function.name, where))
    alike = [found for found in places.values() if len(found) > 1]
    return {" ".join(n for n, _ in each): [where for _, where in each] for each in alike}


def test_nothing_is_written_twice() -> None:
    found = same_bodies([*FILES, *EXPERIMENTS])
    assert {names: at for names, at in found.items() if names not in SAME_BODY} == {}
    assert set(SAME_BODY) <= set(found), "these are no exceptions any more"


def test_a_copy_is_seen(tmp_path: Path) -> None:
    """The check itself: other names and docstrings do not hide a copy, other code is no copy."""
    body = "    y = x + 1\n    z = y * 2\n    return z\n"
    texts = {"a": f"def f(x):\n{body}", "b": f'def g(x):\n    """Else."""\n{body}'}
    texts["c"] = texts["a"].replace("+", "-")
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text)
    assert list(same_bodies(sorted(tmp_path.glob("*.py")))) == ["f g"]
