"""What people did: `load` a data set, or read your own table; both give `Recalls`.

Names are imported when first used, so that a listing of the data sets needs no pandas.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cogmem.data.matrices import (
        from_matrices,
        read_matrices,
        to_matrices,
        write_matrices,
    )
    from cogmem.data.psych_ds import read_psych_ds, write_psych_ds
    from cogmem.data.publications import published, published_catalogue
    from cogmem.data.recalls import Recalls
    from cogmem.data.sets import (
        catalogue,
        entry,
        load,
        load_graph,
        load_images,
        load_text,
        load_trials,
    )
    from cogmem.data.table import from_table, read_csv, to_table

__all__ = [
    "Recalls",
    "catalogue",
    "entry",
    "from_matrices",
    "from_table",
    "load",
    "load_graph",
    "load_images",
    "load_text",
    "load_trials",
    "published",
    "published_catalogue",
    "read_csv",
    "read_matrices",
    "read_psych_ds",
    "to_matrices",
    "to_table",
    "write_matrices",
    "write_psych_ds",
]

_HOME = {
    "Recalls": "recalls",
    "catalogue": "sets",
    "entry": "sets",
    "from_matrices": "matrices",
    "from_table": "table",
    "load": "sets",
    "load_graph": "sets",
    "load_images": "sets",
    "load_text": "sets",
    "load_trials": "sets",
    "published": "publications",
    "published_catalogue": "publications",
    "read_csv": "table",
    "read_matrices": "matrices",
    "read_psych_ds": "psych_ds",
    "to_matrices": "matrices",
    "to_table": "table",
    "write_matrices": "matrices",
    "write_psych_ds": "psych_ds",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
