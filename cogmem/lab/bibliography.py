r"""Works that are cited: BibTeX and running references read into one form, and written again.

What is read: the BibTeX of the cards and of `papers.bib`, where every value stands in braces; and
references as the registry of data and the published tables have them, "Murdock, B. B. (1962).
The serial position effect of free recall. Journal of Experimental Psychology 64, 482-488."
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

__all__ = ["Work", "matches", "merged", "of_reference", "parse", "plain", "rendered"]


@dataclass(frozen=True)
class Work:
    """One work that can be cited.

    Attributes:
        kind: BibTeX's word for it, e.g. "article".
        key: what `\\cite` calls it.
        fields: BibTeX's fields, in BibTeX's spelling, e.g. `year`, `author` joined by "and".
    """

    kind: str
    key: str
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def authors(self) -> list[str]:
        """Names as "Family, Given"."""
        return re.split(r"\s+and\s+", self.fields.get("author", ""))

    @property
    def families(self) -> list[str]:
        """Family names of the authors, plain."""
        return [plain(name.partition(",")[0]) for name in self.authors]

    @property
    def identity(self) -> tuple[str, ...]:
        """What two entries of the same work have in common: first author, year, title."""
        words = re.findall(r"[a-z0-9]+", plain(self.fields.get("title", self.key)).lower())
        return (_word(self.families[0]), self.fields.get("year", ""), *words[:3])


def parse(text: str) -> list[Work]:
    """The entries of BibTeX whose values all stand in braces, in order."""
    entries = re.split(r"(?m)^(?=@)", text)
    return [_entry(entry) for entry in entries if entry.startswith("@")]


def of_reference(text: str, key: str, title: str = "", doi: str = "") -> Work:
    """A work from a running reference.

    Args:
        text: "Family, I., Family, I. & Family, I. (year). Title. Journal volume(number), pages."
            with anything behind; of another form it is kept whole, as a note.
        key: if the text is of another form.
        title: likewise; the key if "".
        doi: of the work, "" if it has none.
    """
    extra = {"doi": doi} if doi else {}
    article, other = _ARTICLE.match(text), _OTHER.match(text)
    found = article or other
    if found is None:
        return Work("misc", key, {"title": _braced(title or key), "note": _escaped(text)} | extra)
    told, people = found.groupdict(default=""), _names(found["authors"])
    told["pages"] = told.get("pages", "").replace("-", "--")
    named = _word(people[0].partition(",")[0]) + told["year"] + _first_word(told["title"])
    where = {name: _escaped(told[name]) for name in _WHERE if told.get(name)}
    fields = {
        "author": " and ".join(people),
        "title": _braced(told["title"].rstrip(".")),
        **where,
        "year": told["year"],
    }
    return Work("article" if article else "misc", named, fields | extra)


def merged(works: Iterable[Work]) -> list[Work]:
    """Each work once, the first entry of it, with keys that are all different."""
    once: dict[tuple[str, ...], Work] = {}
    for work in works:
        first = once.setdefault(work.identity, work)
        if "doi" in work.fields and "doi" not in first.fields:
            told = {**first.fields, "doi": work.fields["doi"]}
            once[work.identity] = replace(first, fields=told)
    taken: dict[str, Work] = {}
    for work in once.values():
        spare = (work.key + suffix for suffix in ("", *string.ascii_lowercase))
        key = next(name for name in spare if name.lower() not in taken)
        taken[key.lower()] = replace(work, key=key)
    return list(taken.values())


def rendered(work: Work) -> str:
    """A BibTeX entry, a field per line."""
    lines = [f"  {name} = {{{value}}}" for name, value in work.fields.items()]
    return f"@{work.kind}{{{work.key},\n" + ",\n".join(lines) + "\n}"


def matches(work: Work, families: list[str], year: str, others: bool) -> bool:
    """Whether "Families (year)", or "Family et al. (year)", can mean this work.

    Args:
        work: a work.
        families: the family names that are given.
        year: as printed.
        others: whether "et al." follows them.
    """
    own = [_word(name) for name in work.families]
    given = [_word(name) for name in families]
    alike = own[: len(given)] == given if others else own == given
    return alike and work.fields.get("year") == year


def plain(text: str) -> str:
    r"""Without BibTeX's braces and escapes: Sch{\"a}fl becomes Schäfl."""
    text = re.sub(r"\\([\"'`^~])\{?\\?([a-zA-Z])\}?", _accented, text)
    return re.sub(r"\\([&%_#$])", r"\1", text).replace("{", "").replace("}", "").replace("--", "-")


_INITIAL = r"(?:[A-Z]\.(?:-[A-Z]\.)?)"
_NAME = rf"[^,;()&]+, {_INITIAL}(?: {_INITIAL})*"
_HEAD = (
    rf"(?P<authors>{_NAME}(?:, {_NAME})*(?:,? & {_NAME})?) \((?P<year>\d{{4}})\)\. "
    # A title ends where a place follows that reads like one; another year begins another work.
    r"(?P<title>(?:(?!\(\d{4}\)).)+?[.?!]) "
)
_ARTICLE = re.compile(
    _HEAD + r"(?P<journal>[^.]+?) (?P<volume>\d+)(?:\((?P<number>\d+)\))?, "
    r"(?P<pages>e?\d+(?:-\d+)?)"
)
_OTHER = re.compile(_HEAD + r"(?:Read in .*|(?P<howpublished>.+?)(?:\. .*|, Table .*|\.?$))")
_WHERE = ("journal", "volume", "number", "pages", "howpublished")
_COMBINING = {'"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303"}
_SMALL_WORDS = {"a", "an", "the", "on", "of", "in", "is", "how", "why", "can", "what"}


def _entry(text: str) -> Work:
    head = re.match(r"@(\w+)\s*\{\s*([^,\s]+)\s*,", text)
    assert head is not None, f"no BibTeX entry: {text[:60]!r}"
    fields, at = {}, head.end()
    while (found := re.compile(r"\s*,?\s*(\w+)\s*=\s*\{").match(text, at)) is not None:
        end = _closing(text, found.end())
        fields[found[1].lower()] = " ".join(text[found.end() : end].split())
        at = end + 1
    return Work(head[1].lower(), head[2], fields)


def _closing(text: str, at: int) -> int:
    """Where the brace closes that was opened before `at`."""
    depth = 1
    for here in range(at, len(text)):
        depth += {"{": 1, "}": -1}.get(text[here], 0)
        if depth == 0:
            return here
    raise AssertionError(f"a brace is not closed: {text[:60]!r}")


def _names(authors: str) -> list[str]:
    return [name.strip(" ,&") for name in re.findall(_NAME, authors)]


def _first_word(title: str) -> str:
    words = [_word(word) for word in re.split(r"[\W\d_]+", plain(title))]
    return next(word for word in words if word and word not in _SMALL_WORDS)


def _word(text: str) -> str:
    """Its letters, in lower case and without accents."""
    letters = unicodedata.normalize("NFKD", plain(text)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]", "", letters.lower())


def _braced(text: str) -> str:
    """A second pair of braces: styles leave the case of the letters as it is."""
    return f"{{{_escaped(text)}}}"


def _escaped(text: str) -> str:
    return re.sub(r"([&%_#$])", r"\\\1", text)


def _accented(found: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", found[2] + _COMBINING[found[1]])
