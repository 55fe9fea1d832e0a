"""Curves read off published figures by the authors of CMR-IA: points, not people's own data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cogmem.data.registry import Entry, Part
from cogmem.data.sets.collection import data_set
from cogmem.data.sets.repositories import CMR_IA, Repository

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

# The folders of the repository were renamed: each file as it was at one commit that has it.
_BY_NUMBER = replace(CMR_IA, commit="227edf98168bd6c243f09c54490118b19b8930c5")
_IN_DATA = replace(CMR_IA, commit="49b7badf6e1c20c5d1bf38f0a61ac42273e93feb")


@dataclass(frozen=True)
class _Figure:
    """A figure whose points were read off.

    Attributes:
        name, title, citation: as in `Entry`.
        files: each holds one or several curves.
        x, y: name and unit of the axes.
    """

    name: str
    title: str
    citation: str
    files: tuple[Part, ...]
    x: tuple[str, str]
    y: tuple[str, str]


def _file(repository: Repository, path: str, sha256: str) -> Part:
    """A file below Analysis/ of the repository; its own name is kept."""
    kept = f"recall/cmr_ia_digitised/{path.rpartition('/')[2]}"
    return Part(kept, sha256, repository.url(f"Analysis/{path}"))


_FIGURES = (
    _Figure(
        "schwartz2005_digitised",
        "ROC by lag of the probe before (Schwartz et al. 2005)",
        "Schwartz, G., Howard, M. W., Jing, B. & Kahana, M. J. (2005). Shadows of the past. "
        "Psychological Science 16, 898-904.",
        (
            _file(
                _BY_NUMBER,
                "simu2_recog_conti/simu2_data/simu2_Schwartz.csv",
                "9847cf20c5fd24f23a946162c9f8ac0993cb3690533b6900e4fcc873b3cf765a",
            ),
        ),
        ("False-alarm rate", "proportion"),
        ("Hit rate", "proportion"),
    ),
    _Figure(
        "hockley1992_digitised",
        "Forgetting of items and of pairs by lag (Hockley 1992)",
        "Hockley, W. E. (1992). Item versus associative information: Further comparisons of "
        "forgetting rates. Journal of Experimental Psychology: Learning, Memory, and Cognition 18, "
        "1321-1330.",
        (
            _file(
                _IN_DATA,
                "simu3_recog_forget/data/simu3_Hockley.csv",
                "796ee6a0c9dff9769a31eb180c0f666064153479b98770850c45b5aa3f26b7f6",
            ),
        ),
        ("Lag", "probes"),
        ("Proportion of hits or correct rejections; d' for Item and Pair", "1"),
    ),
    _Figure(
        "lohnas_kahana2013_digitised",
        "Recognition by word frequency (Lohnas & Kahana 2013)",
        "Lohnas, L. J. & Kahana, M. J. (2013). Parametric effects of word frequency in memory for "
        "mixed frequency lists. Journal of Experimental Psychology: Learning, Memory, and "
        "Cognition 39, 1943-1946.",
        (
            _file(
                _BY_NUMBER,
                "simu4_recog_wfe/simu4_data/simu4_Lohnas_FAR.csv",
                "02b72456472463010f80c09320c1348cc6ff204ad8c243f0e0bbdc681e2a9aa6",
            ),
            _file(
                _IN_DATA,
                "simu4_recog_wfe/data/simu4_Lohnas_HR.csv",
                "3b42fedcd883c07b92817eaf77af7bbecd3ee0909f6c64b6fa878cb9e3090749",
            ),
        ),
        ("Word frequency", "occurrences per million"),
        ("False-alarm rate (FAR) or hit rate (HR)", "proportion"),
    ),
    _Figure(
        "murdock_paired_digitised",
        "Paired associates by study-test lag (Murdock)",
        "Murdock, B. B., paired-associate serial position data; year and figure are not stated.",
        (
            _file(
                _IN_DATA,
                "simu5_cr_rec/data/simu5_Murdock.csv",
                "cb71655be68a43e0c7ee9eb4234eb6b6f9f5a34b65ffff80ae076d2111e98924",
            ),
        ),
        ("Lag", "pairs"),
        ("Recalled", "proportion"),
    ),
    _Figure(
        "kahana2002_digitised",
        "Forward and backward recall of pairs (Kahana 2002)",
        "Kahana, M. J. (2002). Associative symmetry and memory theory. Memory & Cognition 30, "
        "823-840.",
        (
            _file(
                _IN_DATA,
                "simu6a_cr_recsym/data/simu6a_Kahana.csv",
                "5da8bfe2b014142efd86154a86440cde2cc762b74440e26b670994ba3ec38ee9",
            ),
        ),
        ("Lag", "pairs"),
        ("Recalled", "proportion"),
    ),
    _Figure(
        "pantelis2008_digitised",
        "Cued recall of names by likeness of faces (Pantelis et al. 2008)",
        "Pantelis, P. C., van Vugt, M. K., Sekuler, R., Wilson, H. R. & Kahana, M. J. (2008). Why "
        "are some people's names easier to learn than others? The effects of face similarity on "
        "memory for face-name associations. Memory & Cognition 36, 1182-1195.",
        (
            _file(
                _BY_NUMBER,
                "simu8_cr_sim/simu8_data/simu8_Pantelis_ILI.csv",
                "b58b421bf19aba86a9b7db7cd9d7ca879f90ffd208c76baf37dc3229a3b3394b",
            ),
            _file(
                _BY_NUMBER,
                "simu8_cr_sim/simu8_data/simu8_Pantelis_correct.csv",
                "6b217ad511523010efacb023a995a14f9a4332f505e2b71cdd08a6ac637a3677",
            ),
        ),
        ("Neighbours, or distance of faces", "1"),
        ("Responses that are intrusions (ILI) or correct", "proportion"),
    ),
)


def _entry(figure: _Figure) -> Entry:
    first, *rest = figure.files
    return Entry(
        name=figure.name,
        title=figure.title,
        path=first.path,
        paradigm="points of a published figure",
        n_subjects=0,
        n_lists=0,
        licence=CMR_IA.licence,
        redistribution=CMR_IA.redistribution,
        citation=figure.citation,
        doi="",
        sha256=first.sha256,
        url=first.url,
        others=tuple(rest),
        note=(
            "Points read off the published figure by the authors of CMR-IA, not data of people. "
            "`low` and `high` are one standard deviation away where the figure has bars."
        ),
    )


def _points(figure: _Figure, *paths: Path) -> xr.Dataset:
    """x, y and, where known, low and high of every point, with the name of its curve."""
    import pandas as pd

    table = pd.concat([_read(path) for path in paths]).reset_index(drop=True)
    dataset = table.to_xarray().rename(index="point").set_coords("curve")
    named = {
        "x": figure.x,
        "y": figure.y,
        "low": ("Low end of the bar", figure.y[1]),
        "high": ("High end of the bar", figure.y[1]),
    }
    for name, (long_name, units) in named.items():
        dataset[name].attrs = {"long_name": long_name, "units": units}
    dataset["curve"].attrs["long_name"] = "Curve"
    dataset["point"].attrs["long_name"] = "Number of the point"
    return dataset


def _read(path: Path) -> pd.DataFrame:
    """The points of one file, which has either of two layouts."""
    import pandas as pd

    with path.open(encoding="utf-8") as file:
        named = ",," in file.readline()
    return _side_by_side(pd.read_csv(path, header=[0, 1])) if named else _in_rows(path)


def _side_by_side(table: pd.DataFrame) -> pd.DataFrame:
    """Curves in pairs of columns, the name over the first of each."""
    import numpy as np
    import pandas as pd

    pairs = [(table.columns[i][0], table.iloc[:, i : i + 2]) for i in range(0, table.shape[1], 2)]
    each = [
        pd.DataFrame({"curve": name, "x": xy.iloc[:, 0], "y": xy.iloc[:, 1]}).dropna()
        for name, xy in pairs
    ]
    return pd.concat(each).assign(low=np.nan, high=np.nan)


def _in_rows(path: Path) -> pd.DataFrame:
    """x, y, number of the point, and whether it is the mean or an end of its bar."""
    import pandas as pd

    rows = pd.read_csv(path, header=None, names=["x", "y", "point", "kind"], skipinitialspace=True)
    kind = rows["kind"].str.strip().str.lower().str.rstrip("1")
    wide = rows.assign(kind=kind).pivot(index="point", columns="kind", values=["x", "y"])
    y = wide["y"]
    points = {"x": wide["x"]["mean"], "y": y["mean"], "low": y["sd-"], "high": y["sd+"]}
    return pd.DataFrame(points).assign(curve=path.stem.rpartition("_")[2])


for _figure in _FIGURES:
    data_set(_entry(_figure))(partial(_points, _figure))
