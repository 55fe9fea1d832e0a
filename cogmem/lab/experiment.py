"""An experiment: a configuration, a run that leaves labelled data, a plot, and presets."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import cogmem
from cogmem.errors import CogmemError, InvalidValue, UnknownName
from cogmem.lab.provenance import config_hash, provenance
from cogmem.lab.runtime import results_folder
from cogmem.lab.store import Store
from cogmem.participants.reporting import Report, silent

__all__ = [
    "Experiment",
    "Session",
    "find_experiment",
    "how_named",
    "list_experiments",
    "script_hash",
    "scripts",
]


@dataclass(frozen=True)
class Session:
    """What a running experiment is given besides its configuration.

    Attributes:
        begin: called once with the number of steps to do; gives the function that reports them.
        results: folder of the stores.
        mapper: (function, jobs) -> each job with its result: who computes what can be spread, see
            `cogmem.lab.execute.Mapper`; None: this process.
        code: what `script_hash` gives, by the name of the experiment.
    """

    begin: Callable[[int], Report] = lambda total: silent
    results: Path = field(default_factory=results_folder)
    mapper: Callable[..., Iterator[tuple[Any, Any]]] | None = None
    code: Mapping[str, str] = field(default_factory=dict)

    def store(self, name: str, config: Any) -> Store:
        """The store of an experiment under one configuration, made or reopened."""
        about = provenance(config) | {"experiment": name, "script": self.code.get(name, "")}
        return Store.open(self.results / f"{name}-{config_hash(config)}.zarr", about)


@dataclass(frozen=True)
class Experiment:
    """One script, one experiment, one figure. It has either a `run` of its own or a `cell`.

    Attributes:
        name: also the name of its script and the stem of its figure.
        title: what it shows, in one line.
        presets: configurations (frozen dataclasses) by name; "quick" and "paper" at least.
        plot: labelled results -> figure.
        numbers: labelled results -> every plotted number, as a tidy table.
        run: (config, session) -> labelled results. It must give the same numbers for the same
            configuration, and finish what an earlier, killed run of it began.
        cell: (config, *, key) -> outputs by name, for an experiment that is a sweep. Pure JAX in
            the floats of the configuration if `vectorised`.
        outputs: axes of each output of a cell, by name.
        labels: config -> labels of those axes.
        finite: outputs in which NaN means that the cell failed.
        vectorised: whether many cells may run under one `vmap`.
        cells_at_once: at most so many, to bound memory.
        over: what each preset sweeps, as on the command line.
        repeats: repeats of each cell, by preset; 1 if not named.
        people: names of the human data sets it is laid beside.
        models: names of the models' cards.
        sources: the papers it answers.
        answers: which published figure, table or claim it is laid beside, in words.
        agrees: what of it was found, in a sentence or two, with the numbers.
        disagrees: what was not, likewise; never empty: what was not looked at belongs here.
        cost: what each preset costs, in words.
        tolerance: largest difference of a plotted number at which a figure counts as unchanged.
        table: labelled results -> a `rich` table for the terminal, if there is one to show.
    """

    name: str
    title: str
    presets: Mapping[str, Any]
    plot: Callable[[Any], Any]
    numbers: Callable[[Any], Any]
    run: Callable[[Any, Session], Any] | None = None
    cell: Callable[..., Mapping[str, Any]] | None = None
    outputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    labels: Callable[[Any], Mapping[str, Any]] = lambda config: {}
    finite: tuple[str, ...] = ()
    vectorised: bool = True
    cells_at_once: int = 64
    over: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    repeats: Mapping[str, int] = field(default_factory=dict)
    people: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    answers: str = ""
    agrees: str = ""
    disagrees: str = ""
    cost: Mapping[str, str] = field(default_factory=dict)
    tolerance: float = 1e-6
    table: Callable[[Any], Any] | None = None

    @property
    def default(self) -> Any:
        """The quick configuration, from which others are made by changing settings."""
        return self.preset("quick")

    def preset(self, name: str) -> Any:
        """A configuration by name.

        Raises:
            UnknownName: with the nearest name.
        """
        if name not in self.presets:
            raise UnknownName("preset", name, self.presets)
        return self.presets[name]


def list_experiments() -> list[str]:
    """Names of all experiments: those of `COGMEM_EXPERIMENTS`, and cogmem's own.

    Raises:
        InvalidValue: if `COGMEM_EXPERIMENTS` names what is no folder.
    """
    return sorted(scripts())


def find_experiment(name: str) -> Experiment:
    """An experiment by its name, or by the path of its script, e.g. "./leaky_trace.py".

    A name is looked up in `COGMEM_EXPERIMENTS`, and then among cogmem's own. The folder of a path
    is put there too, for this process and for the workers that it starts, so that they find the
    experiment by its name.

    Args:
        name: the name; or a path, which ends in ".py".

    Raises:
        UnknownName: if there is no experiment of that name.
        InvalidValue: if there is no such file, or no experiment of the file's name in it; if its
            folder cannot be named to workers; if it is no text in UTF-8, or the user's own and
            fails when it is run, with the line.
    """
    if name.endswith(".py"):
        return _from_path(Path(name).expanduser().absolute())
    known = scripts()
    if name not in known:
        raise UnknownName("experiment", name, known)
    return _loaded(known[name])


def _from_path(path: Path) -> Experiment:
    if not path.is_file():
        raise InvalidValue(f"{path} is no file; expected the script of an experiment.")
    _check_letters(path)
    joins = path.parent not in _folders()
    if joins and os.pathsep in str(path.parent):
        raise InvalidValue(
            f"{path} is in a folder with {os.pathsep!r} in its name, which separates folders in "
            f"{_FOLDERS}, where workers find the script; expected a folder without it: rename it."
        )
    found = _loaded(path)
    if joins:
        before = [os.environ[_FOLDERS]] if os.environ.get(_FOLDERS) else []
        os.environ[_FOLDERS] = os.pathsep.join([str(path.parent), *before])
    return found


def _check_letters(path: Path) -> None:
    """Python runs some scripts in other letters, which are then not found by their name.

    Raises:
        InvalidValue: if a script cannot be read, or is no text in UTF-8, with the line.
    """
    try:
        path.read_bytes().decode("utf-8")
    except OSError as error:
        raise InvalidValue(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InvalidValue(
            f"{path}, line {line}: {error}; expected text in UTF-8: save it so."
        ) from error


_FOLDERS = "COGMEM_EXPERIMENTS"
"""Environment variable: folders of experiments besides cogmem's own, separated as in PATH."""

_HOLDS_ONE = re.compile(r"^EXPERIMENT\b", re.MULTILINE)


def how_named(name: str) -> str:
    """What to type for an experiment: its name, or the path of a script of the user's own."""
    path = scripts().get(name)
    if path is None or path.parent == _own_folder():
        return name
    near = os.path.relpath(path)
    return str(path) if near.startswith("..") else f".{os.sep}{near}"


def script_hash(name: str) -> str:
    """What changes when the code of an experiment's script does, as far as numbers come from it.

    Docstrings, comments, what draws and what is only said of the experiment do not count.

    Args:
        name: of the experiment.

    Returns:
        The version of Python, whose way of reading code it is, a colon, and sixteen hex digits; ""
        for an experiment that is in no script.
    """
    path = scripts().get(name)
    if path is None:
        return ""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    code = [_without_words(node) for node in body if not _is_text(node)]
    drawing = {_name_of(word.value) for node in code for word in _drawing(node)}
    told = [ast.unparse(node) for node in code if getattr(node, "name", None) not in drawing]
    digits = hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]
    return f"{sys.version_info[0]}.{sys.version_info[1]}:{digits}"


_WORDS = {"title", "sources", "answers", "agrees", "disagrees", "people", "models", "cost"}
_DRAWING = {"plot", "numbers", "table", "tolerance"}


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _without_words(node: ast.stmt) -> ast.stmt:
    """Without docstrings, and without what an `Experiment(...)` says of itself."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.ClassDef):
            inner.body = [each for each in inner.body if not _is_text(each)] or [ast.Pass()]
        elif isinstance(inner, ast.Call) and _name_of(inner.func) == "Experiment":
            inner.keywords = [word for word in inner.keywords if word.arg not in _WORDS]
    return node


def _drawing(node: ast.stmt) -> list[ast.keyword]:
    """The arguments of an `Experiment(...)` that make a figure of results; they are taken out."""
    found = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and _name_of(inner.func) == "Experiment":
            found += [word for word in inner.keywords if word.arg in _DRAWING]
            inner.keywords = [word for word in inner.keywords if word.arg not in _DRAWING]
    return found


def _name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def scripts() -> dict[str, Path]:
    """Scripts that hold an experiment, by name: the user's, and then cogmem's of other names.

    What cannot be read as text of Python holds none.

    Raises:
        InvalidValue: if `COGMEM_EXPERIMENTS` names what is no folder.
    """
    paths = [path for folder in _folders() for path in sorted(folder.glob("*.py"))]
    return {path.stem: path for path in reversed(paths) if _holds_one(path)}


def _holds_one(path: Path) -> bool:
    try:
        return _HOLDS_ONE.search(path.read_text(encoding="utf-8")) is not None
    except (OSError, UnicodeDecodeError):  # a folder, another's file, other letters
        return False


def _folders() -> list[Path]:
    """Where experiments are: the user's folders, and then cogmem's."""
    named = [each for each in os.environ.get(_FOLDERS, "").split(os.pathsep) if each]
    users = [Path(each).expanduser().absolute() for each in named]
    for folder in users:
        if not folder.is_dir():
            raise InvalidValue(f"{_FOLDERS} names {folder}, expected a folder: make it, or unset.")
    return [*users, _own_folder()]


def _own_folder() -> Path:
    """What an installed cogmem carries, or `experiments/` of a checkout."""
    package = Path(cogmem.__file__).parent
    carried = package / "experiments"
    return carried if carried.is_dir() else package.parent / "experiments"


def _loaded(path: Path) -> Experiment:
    """The experiment that a script holds.

    Raises:
        InvalidValue: if it holds none, or one of another name: its results would be mixed up with
            those of the script that has that name.
    """
    found = getattr(_module(_import_name(path), path), "EXPERIMENT", None)
    if not isinstance(found, Experiment):
        raise InvalidValue(f"{path} holds no experiment: expected EXPERIMENT = Experiment(...).")
    if found.name != path.stem:
        raise InvalidValue(
            f"{path} holds an experiment called {found.name!r}, expected {path.stem!r}: results "
            "and figures are kept by that name."
        )
    return found


def _import_name(path: Path) -> str:
    """What workers import a script by, when they are sent a configuration of it."""
    carried = Path(cogmem.__file__).parent / "experiments"
    return f"{'cogmem.' if path.parent == carried else ''}experiments.{path.stem}"


def _module(name: str, path: Path) -> ModuleType:
    """A script as a module, executed once; what a user's imports may lie beside it.

    Raises:
        InvalidValue: if a script of the user's own fails; cogmem's own raise what they raise.
    """
    known = sys.modules.get(name)
    if known is not None and known.__file__ and Path(known.__file__).resolve() == path.resolve():
        return known
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    if path.parent != _own_folder() and str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    sys.modules[name] = module  # dataclasses look their module up by name
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]  # half a module would be taken for a whole one next time
        users = path.parent != _own_folder()
        if isinstance(error, CogmemError) or not (users and isinstance(error, Exception)):
            raise
        from cogmem.participants.roster import script_error

        raise script_error(path, error) from error
    return module
