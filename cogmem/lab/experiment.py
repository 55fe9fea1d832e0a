"""An experiment: a configuration, a run that leaves labelled data, a plot, and presets."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import cogmem
from cogmem.errors import UnknownName
from cogmem.lab.progress import Report
from cogmem.lab.runtime import results_folder
from cogmem.lab.store import Store

__all__ = ["Experiment", "Session", "find_experiment", "list_experiments"]


@dataclass(frozen=True)
class Session:
    """What a running experiment is given besides its configuration.

    Attributes:
        begin: called once with the number of steps to do; gives the function that reports them.
        results: folder of the stores.
    """

    begin: Callable[[int], Report] = lambda total: lambda steps, doing: None
    results: Path = field(default_factory=results_folder)

    def store(self, name: str, config: Any) -> Store:
        """The store of an experiment under one configuration, made or reopened."""
        return Store.open(self.results, name, config)


@dataclass(frozen=True)
class Experiment:
    """One script, one experiment, one figure.

    Attributes:
        name: also the stem of its figure.
        title: what it shows, in one line.
        presets: configurations (frozen dataclasses) by name; "quick" and "paper" at least.
        run: (config, session) -> labelled results. It must give the same numbers for the same
            configuration, and finish what an earlier, killed run of it began.
        plot: labelled results -> figure.
        numbers: labelled results -> every plotted number, as a tidy table.
        people: names of the human data sets it is laid beside.
        sources: the papers it answers.
        cost: what each preset costs, in words.
        table: labelled results -> a `rich` table for the terminal, if there is one to show.
    """

    name: str
    title: str
    presets: Mapping[str, Any]
    run: Callable[[Any, Session], Any]
    plot: Callable[[Any], Any]
    numbers: Callable[[Any], Any]
    people: tuple[str, ...]
    sources: tuple[str, ...]
    cost: Mapping[str, str]
    table: Callable[[Any], Any] | None = None

    def preset(self, name: str) -> Any:
        """A configuration by name.

        Raises:
            UnknownName: with the nearest name.
        """
        if name not in self.presets:
            raise UnknownName("preset", name, self.presets)
        return self.presets[name]


def list_experiments() -> list[str]:
    """Names of all experiment scripts."""
    return sorted(path.stem for path in _folder().glob("[a-z]*.py"))


def find_experiment(name: str) -> Experiment:
    """The experiment of the script of that name.

    Raises:
        UnknownName: if there is no such script.
    """
    path = _folder() / f"{name}.py"
    if not path.exists():
        raise UnknownName("experiment", name, list_experiments())
    return _module(f"experiments.{name}", path).EXPERIMENT


def _folder() -> Path:
    """`experiments/` of a checkout, or the copy that an installed cogmem carries."""
    package = Path(cogmem.__file__).parent
    checkout = package.parent / "experiments"
    return checkout if checkout.is_dir() else package / "experiments"


def _module(name: str, path: Path) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module
