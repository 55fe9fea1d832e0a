"""What people did: `load` a data set, or read your own table; both give `Recalls`.

Names are imported when first used, so that a listing of the data sets needs no pandas.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cogmem.data.published import published, published_catalogue
    from cogmem.data.recalls import Recalls
    from cogmem.data.sets import catalogue, entry, load, load_trials
    from cogmem.data.table import from_table, read_csv, to_table

__all__ = [
    "Recalls",
    "catalogue",
    "entry",
    "from_table",
    "load",
    "load_trials",
    "published",
    "published_catalogue",
    "read_csv",
    "to_table",
]

_HOME = {
    "Recalls": "recalls",
    "catalogue": "sets",
    "entry": "sets",
    "from_table": "table",
    "load": "sets",
    "load_trials": "sets",
    "published": "published",
    "published_catalogue": "published",
    "read_csv": "table",
    "to_table": "table",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
