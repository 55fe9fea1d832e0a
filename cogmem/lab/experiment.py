"""An experiment: a configuration, a run that leaves labelled data, a plot, and presets."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import cogmem
from cogmem.errors import UnknownName
from cogmem.lab.progress import Report
from cogmem.lab.provenance import config_hash, provenance
from cogmem.lab.runtime import results_folder
from cogmem.lab.store import Store

__all__ = ["Experiment", "Session", "find_experiment", "list_experiments"]


@dataclass(frozen=True)
class Session:
    """What a running experiment is given besides its configuration.

    Attributes:
        begin: called once with the number of steps to do; gives the function that reports them.
        results: folder of the stores.
        mapper: (function, jobs) -> each job with its result: who computes what can be spread, see
            `cogmem.lab.execute.Mapper`; None: this process.
    """

    begin: Callable[[int], Report] = lambda total: lambda steps, doing: None
    results: Path = field(default_factory=results_folder)
    mapper: Callable[..., Iterator[tuple[Any, Any]]] | None = None

    def store(self, name: str, config: Any) -> Store:
        """The store of an experiment under one configuration, made or reopened."""
        about = provenance(config) | {"experiment": name}
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
    """`COGMEM_EXPERIMENTS`, `experiments/` of a checkout, or what an installed cogmem carries."""
    if "COGMEM_EXPERIMENTS" in os.environ:
        return Path(os.environ["COGMEM_EXPERIMENTS"])
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
