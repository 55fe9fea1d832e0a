"""The public repositories that data sets are read from, each pinned to one commit."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

__all__ = ["BENCHMARKS_WM", "CMRX_REPFR", "CMR_IA", "EMBAM", "Repository"]


@dataclass(frozen=True)
class Repository:
    """A repository on GitHub.

    Attributes:
        name: owner/name.
        commit: 40 hexadecimal digits.
        licence: of the repository.
        redistribution: whether its files may be passed on, in words.
    """

    name: str
    commit: str
    licence: str
    redistribution: str

    def url(self, path: str) -> str:
        """Address of a file as it was at the commit."""
        return f"https://raw.githubusercontent.com/{self.name}/{self.commit}/{quote(path)}"


_WITH_NOTICE = "allowed under the licence, with its notice; fetched by URL, not shipped"

CMRX_REPFR = Repository(
    "mkclairhong/CMRX_repfr",
    "02ca6cbe44ee17f0eefa6a0dced9985f6568b85a",
    "Apache-2.0 (mkclairhong/CMRX_repfr)",
    _WITH_NOTICE,
)
EMBAM = Repository(
    "vucml/EMBAM",
    "fcfbe12920fef5d73db19015bfa65166d447cafa",
    "LGPL-3.0 (vucml/EMBAM)",
    _WITH_NOTICE,
)
CMR_IA = Repository(
    "pennmem/CMR-IA",
    "53f7dc004cd668add93d635522fcbf44c68b5d32",
    "CC BY 4.0 (pennmem/CMR-IA)",
    "allowed with attribution; fetched by URL, not shipped",
)
BENCHMARKS_WM = Repository(
    "oberauer/BenchmarksWM",
    "a50e7a96220a3f588e2626654731ce8270acbd89",
    "no licence file (oberauer/BenchmarksWM)",
    "not to be passed on: the repository has no licence file; fetched by URL. Cite also Oberauer "
    "et al. (2018), Psychological Bulletin 144, 885-958, who collected it",
)
