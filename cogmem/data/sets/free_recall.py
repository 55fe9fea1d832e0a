"""Free recall: words studied once, said in any order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cogmem.data.registry import Entry
from cogmem.data.sets.collection import data_set
from cogmem.data.sets.repositories import BENCHMARKS_WM, CMRX_REPFR, EMBAM

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
    from cogmem.data.table import read_whole

    return read_whole(path)


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
    from cogmem.data.table import read_whole

    return read_whole(path)


@data_set(
    Entry(
        name="murdock1962",
        title="Lists of 20, 30 and 40 words at 1 s per word (Murdock 1962)",
        path="recall/murdock1962_MurdData_clean.mat",
        paradigm="immediate free recall",
        n_subjects=45,
        n_lists=3600,
        licence=CMRX_REPFR.licence,
        redistribution=CMRX_REPFR.redistribution,
        citation=(
            "Murdock, B. B. (1962). The serial position effect of free recall. Journal of "
            "Experimental Psychology 64, 482-488."
        ),
        doi="10.1037/h0045106",
        sha256="2d2598c52f6dc1b54972b15ef83c4ad269184e0b18a8e2f97a6c09a271f8626d",
        url=CMRX_REPFR.url("data/MurdData_clean.mat"),
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


@data_set(
    Entry(
        name="murdock_okada1970",
        title="Inter-response times in free recall (Murdock & Okada 1970)",
        path="recall/murdock_okada1970_mo1970.txt",
        paradigm="immediate free recall",
        n_subjects=72,
        n_lists=1440,
        licence=CMRX_REPFR.licence,
        redistribution=CMRX_REPFR.redistribution,
        citation=(
            "Murdock, B. B. & Okada, R. (1970). Interresponse times in single-trial free recall. "
            "Journal of Experimental Psychology 86, 263-267."
        ),
        doi="10.1037/h0029993",
        sha256="fe01dbc3d1f04794787a837fd7b18fa62059bf242015b3af605a4b8a52a0641b",
        url=CMRX_REPFR.url("data/mo1970.txt"),
        note=(
            "20 lists of 20 words per subject, at most 13 responses each. The file has times "
            "between responses; `times` adds them up, from the signal to recall. Intrusions are "
            "99 in the file. The words are not known."
        ),
    )
)
def _murdock_okada1970(path: Path) -> Recalls:
    import numpy as np

    from cogmem.data.recalls import Recalls

    # Three lines per list: running number, subject and trial; positions; times between responses.
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
    header = np.array(lines[0::3], int)
    positions, between = np.array(lines[1::3], int), np.array(lines[2::3], float)
    onset = np.where(positions > 0, between.cumsum(axis=1), np.nan)
    return Recalls.from_positions(
        np.where(positions == 99, -1, positions),
        list_length=20,
        subject=header[:, 1],
        list_id=header[:, 2],
        times=onset.astype(np.float32),
    )


@data_set(
    Entry(
        name="lohnas_kahana2014",
        title="Words presented once or twice, massed or spaced (Lohnas & Kahana 2014)",
        path="recall/lohnas_kahana2014_repFR.mat",
        paradigm="free recall of lists with repetitions",
        n_subjects=35,
        n_lists=1680,
        licence=CMRX_REPFR.licence,
        redistribution=CMRX_REPFR.redistribution,
        citation=(
            "Lohnas, L. J. & Kahana, M. J. (2014). Compound cuing in free recall. Journal of "
            "Experimental Psychology: Learning, Memory, and Cognition 40, 12-24."
        ),
        doi="10.1037/a0033698",
        sha256="43195e28694b034c773efa8d47196e0e1578829de998915de7b50d08c1f0fe15",
        url=CMRX_REPFR.url("data/repFR.mat"),
        note=(
            "48 lists of 40 presentations per subject; list_type once (40 words), massed (20 words "
            "twice in a row), spaced (20 words, twice) or mixed (34 words, once and twice). A "
            "response to a word presented twice has the position of the first presentation. Words "
            "are known by number only."
        ),
    )
)
def _lohnas_kahana2014(path: Path) -> Recalls:
    import numpy as np
    from scipy.io import loadmat

    from cogmem.data.matrices import numbered
    from cogmem.data.recalls import Recalls

    data = loadmat(path, simplify_cells=True)["data"]
    kinds = np.array(["once", "massed", "spaced", "mixed"])
    session = data["session"].astype(np.int32)
    return Recalls.from_positions(
        data["recalls"],
        list_length=int(data["list_length"]),
        subject=data["subject"].astype(int),
        list_id=session * (int(data["trial"].max()) + 1) + data["trial"] + 1,
        times=_seconds(data["times"], data["recalls"]),
        by_list={"list_type": kinds[data["list_type"] - 1], "session": session},
        **numbered(data["pres_itemnos"], data["rec_itemnos"]),
    )


@data_set(
    Entry(
        name="polyn2009",
        title="Two tasks at study, alone or by turns (Polyn, Norman & Kahana 2009)",
        path="recall/polyn2009_from_quail.npz",
        paradigm="immediate free recall",
        n_subjects=45,
        n_lists=1394,
        licence="MIT (ContextLab/quail)",
        redistribution="allowed under the licence, with its notice; not shipped",
        citation=(
            "Polyn, S. M., Norman, K. A. & Kahana, M. J. (2009). A context maintenance and "
            "retrieval model of organizational processes in free recall. Psychological Review 116, "
            "129-156."
        ),
        doi="10.1037/a0014420",
        sha256="3d095ec8a8d1e14d8e615529b82a0d9bff71831958f4af766d78d0ceba468c36",
        note=(
            "Lists of 24 words. task is the judgement made on each word, size or animacy; "
            "condition is control size, control animacy (one task) or shift (both by turns). Made "
            "from quail/data/cmr.egg (commit 1bca9927f75022ede1911e270d6070c5714a2278), a pickle, "
            "which is never read at run time: the arrays in it were saved as .npz. There is no "
            "address to fetch it from. Intruding words are not known."
        ),
    )
)
def _polyn2009(path: Path) -> Recalls:
    import numpy as np

    from cogmem.data.matrices import numbered
    from cogmem.data.recalls import Recalls

    with np.load(path, allow_pickle=False) as data:
        names = {"Anim": "animacy", "Size": "size"}
        task = np.vectorize(names.__getitem__)(data["task"])
        items = data["wordpool_index"]
        return Recalls.from_positions(
            data["recalls"],
            list_length=items.shape[1],
            subject=data["subject"].astype(int),
            list_id=data["list"].astype(np.int32),
            by_list={"condition": np.char.lower(data["condition"])},
            by_position={"task": task},
            **numbered(items, _named(items, data["recalls"])),
        )


@data_set(
    Entry(
        name="asymfr3",
        title="Lists of category members (Polyn lab, asymFR3)",
        path="recall/asymFR3.mat",
        paradigm="delayed free recall",
        n_subjects=41,
        n_lists=984,
        licence=EMBAM.licence,
        redistribution=EMBAM.redistribution,
        citation=(
            "Polyn laboratory, Vanderbilt University: asymFR data, distributed with EMBAM "
            "(github.com/vucml/EMBAM). The publication is not verified."
        ),
        doi="",
        sha256="2198506995ae8b1ceb05b307eb4f86d76cf6f62f1244c35710e7fb9c0c831901",
        url=EMBAM.url("data/data_asymFR3.mat"),
        note=(
            "24 lists of 12 words per subject, recalled after arithmetic; category is that of each "
            "word. What the list types 0, 1 and 2 are is not documented with the data."
        ),
    )
)
def _asymfr3(path: Path) -> Recalls:
    import numpy as np
    from scipy.io import loadmat

    from cogmem.data.recalls import Recalls

    data = loadmat(path, simplify_cells=True)["data"]
    studied = data["pres"]
    pool, items = np.unique(studied["item"].astype(str), return_inverse=True)
    said = np.vectorize(lambda word: word if isinstance(word, str) else "")(data["rec_items"])
    responses = np.searchsorted(pool, said).clip(max=len(pool) - 1)
    return Recalls.from_positions(
        data["recalls"],
        list_length=studied["item"].shape[1],
        subject=data["subject"].astype(int),
        list_id=studied["trial"][:, 0].astype(np.int32),
        times=_seconds(data["times"], data["recalls"]),
        pool=pool,
        items=items.reshape(studied["item"].shape).astype(np.int32),
        responses=np.where(pool[responses] == said, responses, -1).astype(np.int32),
        by_list={"list_type": studied["listtype"][:, 0].astype(np.int32)},
        by_position={"category": np.char.lower(studied["category"].astype(str))},
    )


@data_set(
    Entry(
        name="grenfell_essam_ward2012",
        title="List length and where recall begins (Grenfell-Essam & Ward 2012)",
        path="recall/grenfell_essam_ward2012_e1.txt",
        paradigm="immediate free recall",
        n_subjects=40,
        n_lists=3520,
        licence=BENCHMARKS_WM.licence,
        redistribution=BENCHMARKS_WM.redistribution,
        citation=(
            "Grenfell-Essam, R. & Ward, G. (2012). Examining the relationship between free recall "
            "and immediate serial recall: The role of list length, strategy use, and test "
            "expectancy. Journal of Memory and Language 67, 106-148. Experiment 1."
        ),
        doi="10.1016/j.jml.2012.04.004",
        sha256="c4c78be6fcc2469c0a6512b66809a26aa37dd9435c8af18031baddbe9702277d",
        url=BENCHMARKS_WM.url("BenchmarksWM.Data/BM1.1.SetsizeAccuracy/GEW.2012.E1.num.txt"),
        note=(
            "Lists of 1 to 8, 10, 12 and 15 words, 8 of each length per subject. Two groups of 20, "
            "told the length of each list before it or not (length is known or unknown); the file "
            "numbers both from 1 to 20, here 1-20 and 21-40. Output orders that no word has, "
            "intrusions or repeats, are marked -1; the words are not known. "
            "wm/immediate_free_recall_grenfell2012.csv.gz holds the same, and is not read."
        ),
    )
)
def _grenfell_essam_ward2012(path: Path) -> Recalls:
    import numpy as np
    import pandas as pd

    from cogmem.data.recalls import Recalls

    columns = ("subject", "block", "list", "trial", "length", "position", "output")
    table = pd.read_csv(path, sep=r"\s+", header=None, names=columns)
    row = (table["position"] == 1).to_numpy().cumsum() - 1
    first = table[table["position"] == 1]
    recalled = table["output"] > 0
    recalls = np.zeros((len(first), int(table["output"].max())), np.int16)
    recalls[row[recalled], table["output"][recalled] - 1] = table["position"][recalled]
    # A number that no word has: a response that was an intrusion or a repeat.
    later = np.fliplr(np.maximum.accumulate(np.fliplr(recalls), axis=1)) > 0
    recalls[later & (recalls == 0)] = -1
    # The groups follow each other, as in GEW.2012.E1.txt of the same folder, which names them.
    unknown = (np.diff(first["subject"], prepend=1) < 0).cumsum()
    return Recalls.from_positions(
        recalls,
        list_length=first["length"].to_numpy(),
        subject=first["subject"].to_numpy() + 20 * unknown,
        list_id=first["trial"].to_numpy(),
        by_list={
            "length": np.array(["known", "unknown"])[unknown],
            "block": first["block"].to_numpy(),
        },
    )


def _seconds(milliseconds: np.ndarray, responses: np.ndarray) -> np.ndarray:
    """Onsets in s, NaN where there is no response."""
    import numpy as np

    return np.where(responses != 0, milliseconds / 1000, np.nan).astype(np.float32)


def _named(items: np.ndarray, recalls: np.ndarray) -> np.ndarray:
    """The number of the word at each position recalled, 0 for intrusions and padding."""
    import numpy as np

    words = np.take_along_axis(items.astype(int), np.maximum(recalls - 1, 0).astype(int), axis=1)
    return np.where(recalls > 0, words, 0)


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
