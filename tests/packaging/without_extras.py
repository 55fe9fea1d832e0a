"""Run in a process of its own: what an installation without any extra can do, and what it says.

Prints one JSON object: modules that could not be imported, and for each thing that needs an extra
the error that it raised at once.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import pkgutil
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

HIDDEN = (
    "IPython",
    "arviz",
    "brian2",
    "dask",
    "dask_jobqueue",
    "distributed",
    "ipykernel",
    "ipywidgets",
    "jupyterlab",
    "networkx",
    "numpyro",
    "sklearn",
)


class Without:
    """Finds what the usual finders find, but for packages that are to look as if not installed."""

    def __init__(self, finders: Sequence[Any]) -> None:
        self.finders = list(finders)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name.partition(".")[0] in HIDDEN:
            return None
        found = (finder.find_spec(name, path, target) for finder in self.finders)
        return next((spec for spec in found if spec is not None), None)

    def find_distributions(self, *context: Any) -> Iterator[Any]:
        for finder in self.finders:
            if hasattr(finder, "find_distributions"):
                yield from finder.find_distributions(*context)


def unimportable() -> dict[str, str]:
    """Modules of cogmem and experiments that need an extra to be imported."""
    import cogmem
    from cogmem.lab.experiment import find_experiment, list_experiments

    walked = pkgutil.walk_packages(cogmem.__path__, "cogmem.")
    jobs: list[tuple[str, Callable[[str], Any]]] = [
        (module.name, importlib.import_module)
        for module in walked
        if not module.name.startswith(("cogmem.notebooks", "cogmem.experiments"))
    ]
    jobs += [(name, find_experiment) for name in list_experiments()]
    failed = {}
    for name, bring in jobs:
        try:
            bring(name)
        except Exception as error:  # told to the test, which fails
            failed[name] = f"{type(error).__name__}: {error}"
    return failed


def command(*arguments: str) -> Callable[[], Any]:
    def call() -> None:
        from typer.testing import CliRunner

        from cogmem.cli import app

        done = CliRunner().invoke(app, list(arguments))
        raise RuntimeError(f"{done.exit_code}: {done.output}")

    return call


def entered(manager: str, *arguments: Any) -> Callable[[], Any]:
    def call() -> None:
        with contextlib.ExitStack() as stack:
            stack.enter_context(named(manager)(*arguments))

    return call


def named(name: str) -> Any:
    """A function or class by its full name, an experiment's as "experiments.NAME:FUNCTION"."""
    module, _, attribute = name.rpartition(":")
    if module.startswith("experiments."):
        from cogmem.lab.experiment import find_experiment

        find_experiment(module.partition(".")[2])
        return getattr(sys.modules[module], attribute)
    return getattr(importlib.import_module(module), attribute)


def run(experiment: str) -> Callable[[], Any]:
    def call() -> None:
        from cogmem.lab.experiment import Session, find_experiment

        found = find_experiment(experiment)
        assert found.run is not None
        found.run(found.default, Session())

    return call


def posterior() -> Any:
    from cogmem.fit.bayes import posterior

    return posterior(None, None, key=None)  # type: ignore[arg-type]  # refused before it looks


def variational() -> Any:
    from cogmem.fit.variational import variational

    return variational(None, 0, key=None)  # type: ignore[arg-type]


def toml(folder: Path) -> Path:
    """A file that describes Slurm jobs."""
    path = folder / "slurm.toml"
    path.write_text('queue = "short"\ncores = 1\nmemory = "1GB"\n', encoding="utf-8")
    assert tomllib.loads(path.read_text(encoding="utf-8"))["cores"] == 1
    return path


def reader() -> Any:
    """A network read off a graph; a small one will do."""
    from cogmem.lab.dragon_view import small_reader, wiring

    return wiring(small_reader(n_steps=1))


def entries(folder: Path) -> dict[str, Callable[[], Any]]:
    """Everything that needs an extra, by "extra: what"."""
    fit = ("fit", "CMR", "--data", "peers", "--bayes", "--out", str(folder))
    sweep = ("sweep", "cmr_sweep", "--store", str(folder / "sweep.zarr"))
    slurm = str(toml(folder))
    return {
        "notebooks: lab": command("lab", "--folder", str(folder / "notebooks")),
        "notebooks: explore": lambda: named("cogmem.lab.explore:explore")(None, None),
        "notebooks: MacView": lambda: named("cogmem.lab.mac_view:MacView")(),
        "notebooks: LateralView": lambda: named("cogmem.lab.lateral_view:LateralView")(),
        "notebooks: BrainView": lambda: named("cogmem.lab.brain_view:BrainView")(),
        "notebooks: SpanView": lambda: named("cogmem.lab.dragon_view:SpanView")(),
        "notebooks: TrialView": lambda: named("cogmem.lab.worm_view:TrialView")(),
        "notebooks: SittingView": lambda: named("cogmem.lab.worm_view:SittingView")(None),
        "graphs: wiring": reader,
        "cluster: local_workers": entered("cogmem.lab.cluster:local_workers", 2),
        "cluster: scheduler": entered("cogmem.lab.cluster:scheduler", "tcp://127.0.0.1:1"),
        "cluster: slurm": entered("cogmem.lab.cluster:slurm", Path(slurm)),
        "cluster: sweep --workers": command(*sweep, "--workers", "2"),
        "cluster: sweep --scheduler": command(*sweep, "--scheduler", "tcp://127.0.0.1:1"),
        "cluster: sweep --slurm": command(*sweep, "--slurm", slurm),
        "cluster: compare --workers": command("compare", "--workers", "2", "--out", str(folder)),
        "cluster: figure --workers": command("figure", "cmr_sweep", "--anew", "--workers", "2"),
        "bayes: posterior": posterior,
        "bayes: variational": variational,
        "bayes: fit --bayes": command(*fit),
        "spiking: brian2_extra": lambda: named("cogmem.brian.runtime:brian2_extra")(),
        "spiking: runtime": entered("cogmem.brian.runtime:runtime", "numpy"),
        "images: moving_bars": run("moving_bars"),
        "images: sparse_digits": run("sparse_digits"),
    }


def raised(call: Callable[[], Any]) -> str:
    try:
        call()
    except Exception as error:  # whatever it is, the test is told
        return f"{type(error).__name__}: {error}"
    return "nothing"


if __name__ == "__main__":
    sys.meta_path[:] = [Without(sys.meta_path)]
    assert importlib.util.find_spec("dask") is None
    told = {name: raised(call) for name, call in entries(Path(sys.argv[1])).items()}
    from cogmem.lab.doctor import examine

    print(json.dumps({"failed": unimportable(), "raised": told, "doctor": examine()}))
