"""Free recall: words studied once, said in any order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cogmem.data.registry import Entry
from cogmem.data.sets.collection import data_set

if TYPE_CHECKING:
    import numpy as np

    from cogmem.data.recalls import Recalls

_PSIFR_LICENCE = "GPL-3.0 (psifr)"
_PSIFR_RIGHTS = "read from the installed psifr; no copy is passed on with cogmem"


@data_set(
    Entry(
        name="peers",
        title="PEERS, lists without an encoding task (Healey & Kahana 2014)",
        path="recall/peers_notask.csv",
        paradigm="immediate free recall",
        n_subjects=126,
        n_lists=3528,
        licence=_PSIFR_LICENCE,
        redistribution=_PSIFR_RIGHTS,
        citation=(
            "Healey, M. K. & Kahana, M. J. (2014). Is memory search governed by universal "
            "principles or idiosyncratic strategies? Journal of Experimental Psychology: General "
            "143, 575-596."
        ),
        doi="10.1037/a0033715",
        package=("psifr", "data/peers_notask.csv"),
        note=(
            "28 lists of 16 words per subject, no encoding task; the Healey & Kahana (2014) set of "
            "the CMR literature. 4 lists have no recall. Subject numbers are not contiguous."
        ),
    )
)
def _peers(path: Path) -> Recalls:
    from cogmem.data.table import read_csv

    return read_csv(path)


@data_set(
    Entry(
        name="morton2013",
        title="Category lists of celebrities, landmarks and objects (Morton et al. 2013)",
        path="recall/Morton2013.csv",
        paradigm="immediate free recall",
        n_subjects=40,
        n_lists=1920,
        licence=_PSIFR_LICENCE,
        redistribution=_PSIFR_RIGHTS,
        citation=(
            "Morton, N. W., Kahana, M. J., Rosenberg, E. A., Baltuch, G. H., Litt, B., Sharan, "
            "A. D., Sperling, M. R. & Polyn, S. M. (2013). Category-specific neural oscillations "
            "predict recall organization during memory search. Cerebral Cortex 23, 2407-2422."
        ),
        doi="10.1093/cercor/bhs229",
        package=("psifr", "data/Morton2013.csv"),
        note=(
            "48 lists of 24 words per subject in three sessions. response and response_time are of "
            "the judgement at study, not of recall. Words recur over sessions."
        ),
    )
)
def _morton2013(path: Path) -> Recalls:
    from cogmem.data.table import read_csv

    return read_csv(path)


@data_set(
    Entry(
        name="murdock1962",
        title="Lists of 20, 30 and 40 words at 1 s per word (Murdock 1962)",
        path="recall/murdock1962_MurdData_clean.mat",
        paradigm="immediate free recall",
        n_subjects=45,
        n_lists=3600,
        licence="Apache-2.0 (mkclairhong/CMRX_repfr)",
        redistribution="allowed under the licence, with its notice; fetched by URL, not shipped",
        citation=(
            "Murdock, B. B. (1962). The serial position effect of free recall. Journal of "
            "Experimental Psychology 64, 482-488."
        ),
        doi="10.1037/h0045106",
        sha256="2d2598c52f6dc1b54972b15ef83c4ad269184e0b18a8e2f97a6c09a271f8626d",
        url=(
            "https://raw.githubusercontent.com/mkclairhong/CMRX_repfr/"
            "02ca6cbe44ee17f0eefa6a0dced9985f6568b85a/data/MurdData_clean.mat"
        ),
        note=(
            "15 subjects x 80 lists of each length, subsets of Murdock's groups 20-1, 30-1 and "
            "40-1. The groups were different people: subjects 1-15, 16-30 and 31-45 here. Repeats "
            "and intrusions were removed by the source; the words are not known."
        ),
    )
)
def _murdock1962(path: Path) -> Recalls:
    import numpy as np
    from scipy.io import loadmat

    from cogmem.data.recalls import Recalls

    groups = loadmat(path, simplify_cells=True)["data"]["LL"]
    lengths = np.array([group["listLength"] for group in groups])
    sizes = [len(group["recalls"]) for group in groups]
    of_list = np.repeat(lengths, sizes)
    return Recalls.from_positions(
        _stacked([group["recalls"] for group in groups]),
        list_length=of_list,
        subject=_distinct([group["subject"] for group in groups]),
        by_list={"condition": np.array([f"{length}-1" for length in of_list])},
    )


def _stacked(blocks: list[np.ndarray]) -> np.ndarray:
    """One matrix of all rows, each padded with 0 to the widest."""
    import numpy as np

    width = max(block.shape[1] for block in blocks)
    return np.concatenate([np.pad(b, ((0, 0), (0, width - b.shape[1]))) for b in blocks])


def _distinct(subjects: list[np.ndarray]) -> np.ndarray:
    """Subject numbers of separate groups, each counted on from the group before."""
    import numpy as np

    counts = [0, *np.cumsum([block.max() for block in subjects[:-1]], dtype=int)]
    return np.concatenate([b.astype(int) + n for b, n in zip(subjects, counts, strict=True)])
