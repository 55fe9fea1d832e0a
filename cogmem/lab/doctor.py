"""What an installation has, for people who ask why something does not work."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
from pathlib import Path

import cogmem
from cogmem.lab.provenance import versions

__all__ = ["examine"]

_EXTRAS = {
    "brian2": ("spiking", "spiking circuits written a second time"),
    "ipywidgets": ("notebooks", "sliders"),
    "jupyterlab": ("notebooks", "notebooks"),
    "dask": ("cluster", "sweeps on many workers, and stored sweeps read lazily"),
    "distributed": ("cluster", "sweeps on many workers"),
    "dask_jobqueue": ("cluster", "workers under Slurm"),
    "numpyro": ("bayes", "Bayesian fits"),
    "arviz": ("bayes", "diagnostics of Bayesian fits"),
    "sklearn": ("images", "classifiers of digits"),
    "networkx": ("graphs", "pictures of graphs of neurons"),
}


def examine() -> list[tuple[str, str, str]]:
    """(what, found, remark) rows: Python, packages, extras, what cogmem carries, devices, data."""
    return [*_python(), *_packages(), *_extras(), *_carried(), _devices(), *_data()]


def _python() -> list[tuple[str, str, str]]:
    fine = (3, 11) <= sys.version_info[:2] <= (3, 13)
    remark = "" if fine else "cogmem is tested on 3.11 to 3.13"
    cores = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    return [("python", platform.python_version(), remark), ("machine", cores, "")]


def _packages() -> list[tuple[str, str, str]]:
    return [(name, found, "") for name, found in versions().items() if name != "python"]


def _extras() -> list[tuple[str, str, str]]:
    rows = []
    for package, (extra, use) in _EXTRAS.items():
        here = importlib.util.find_spec(package) is not None
        remark = f"for {use}" + ("" if here else f": pip install 'cogmem[{extra}]'")
        rows.append((package, "installed" if here else "missing", remark))
    return rows


def _carried() -> list[tuple[str, str, str]]:
    """cogmem itself, and how many experiments are found."""
    from cogmem.lab.experiment import list_experiments

    folder = Path(cogmem.__file__).parent
    checkout = (folder.parent / "pyproject.toml").is_file()
    kind = "a checkout" if checkout else "an installed package"
    return [
        ("cogmem is in", str(folder), kind),
        ("experiments", str(len(list_experiments())), "cogmem list experiments"),
    ]


def _devices() -> tuple[str, str, str]:
    import jax

    kinds = ", ".join(sorted({device.device_kind for device in jax.devices()}))
    return ("devices", kinds, "")


def _data() -> list[tuple[str, str, str]]:
    from cogmem.data import catalogue

    folder = os.environ.get("COGMEM_DATA")
    rows = [("COGMEM_DATA", folder or "not set", "a folder or local mirror of the data")]
    return rows + [(f"data: {row['name']}", str(row["place"]), "") for row in catalogue()]
