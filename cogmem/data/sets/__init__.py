"""The human data sets by name: one file per paradigm, each found by itself.

A further set is one `Entry` and one function from the file's path to behaviour, joined by
`@data_set`; a further paradigm is one file here. Nothing else has to be touched.
"""

from cogmem.data.sets.collection import (
    catalogue,
    entry,
    load,
    load_graph,
    load_images,
    load_text,
    load_trials,
)

__all__ = [
    "catalogue",
    "entry",
    "load",
    "load_graph",
    "load_images",
    "load_text",
    "load_trials",
]
