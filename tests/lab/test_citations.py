"""What is cited for a name or a run, as BibTeX that another program reads."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from pybtex.database import BibliographyData, parse_string

from cogmem.data import catalogue, published_catalogue
from cogmem.errors import InvalidValue, UnknownName
from cogmem.lab.bibliography import Work, matches, merged, of_reference, parse, plain, rendered
from cogmem.lab.citations import cite, cited
from cogmem.lab.experiment import Experiment, find_experiment, list_experiments
from cogmem.lab.provenance import provenance
from cogmem.lab.store import Column, Store
from cogmem.models.card import read_cards
from cogmem.participants.roster import minds

FIGURES = Path(__file__).parents[2] / "figures"
EXPERIMENTS = list_experiments()


def read(text: str) -> BibliographyData:
    """Strictly: pybtex refuses what is ill formed, and keys that come twice."""
    return parse_string(text, "bibtex")


def keys(*names: str, figure: Path | None = None) -> list[str]:
    return list(read(cite(*names, figure=figure)).entries.keys())


# ---- references ----------------------------------------------------------------------------------


def test_a_reference_becomes_an_article() -> None:
    text = "Murdock, B. B. & Okada, R. (1970). Times: a study? Journal of X & Y 86(2), 263-267."
    work = of_reference(text, "unused", doi="10.1/x")
    assert (work.kind, work.key) == ("article", "murdock1970times")
    assert work.fields == {
        "author": "Murdock, B. B. and Okada, R.",
        "title": "{Times: a study?}",
        "journal": r"Journal of X \& Y",
        "volume": "86",
        "number": "2",
        "pages": "263--267",
        "year": "1970",
        "doi": "10.1/x",
    }


def test_a_title_may_be_two_sentences() -> None:
    work = of_reference("Ma, W. J. (2008). Why so? The effects of faces. Memory 36, 1-9.", "k")
    assert work.fields["title"] == "{Why so? The effects of faces}"


def test_what_is_said_of_another_work_is_left_out() -> None:
    text = "Denham, W. W. (1973). Kin terms. PhD thesis. Used in Kemp, C. (2006). AAAI 21, 381-388."
    work = of_reference(text, "k")
    assert (work.kind, work.fields["howpublished"]) == ("misc", "PhD thesis")
    assert "2006" not in rendered(work)


def test_what_is_no_reference_is_kept_whole() -> None:
    work = of_reference("Some laboratory: data_1, 100%", "asym", "Lists of words")
    assert work.key == "asym"
    assert work.fields == {"title": "{Lists of words}", "note": r"Some laboratory: data\_1, 100\%"}


def test_a_work_comes_once_and_keeps_its_doi() -> None:
    first = Work("article", "a", {"author": "Polyn, Sean", "title": "{A} cow", "year": "2009"})
    second = Work(
        "misc", "b", {"author": "Polyn, S.", "title": "A cow", "year": "2009", "doi": "1"}
    )
    assert merged([first, second]) == [Work("article", "a", {**first.fields, "doi": "1"})]


def test_keys_that_coincide_are_told_apart() -> None:
    works = [Work("misc", "x", {"title": title}) for title in ("one", "two", "three")]
    assert [work.key for work in merged(works)] == ["x", "xa", "xb"]


def test_who_is_meant_by_a_source() -> None:
    work = of_reference("Ma, Y., Tresp, V. & Daxberger, E. (2019). One. X 1, 2-3.", "k")
    assert matches(work, ["Ma"], "2019", others=True)
    assert matches(work, ["Ma", "Tresp", "Daxberger"], "2019", others=False)
    assert not matches(work, ["Ma"], "2019", others=False)
    assert not matches(work, ["Ma"], "2018", others=True)


def test_accents_are_read() -> None:
    assert plain(r"Sch{\"a}fl and Pavlovi{\'c} \& Merri{\"e}nboer") == (
        "Schäfl and Pavlović & Merriënboer"
    )


# ---- names ---------------------------------------------------------------------------------------


def test_cogmem_comes_first_and_without_names_all_models_follow() -> None:
    found = read(cite()).entries
    assert next(iter(found)) == "cogmem"
    assert "Version 0.1.0" in found["cogmem"].fields["note"]
    asked = merged(work for card in read_cards().values() for work in parse(card.bibtex))
    assert [*found][1:] == [work.key for work in asked]


def test_a_model_is_cited_alone() -> None:
    assert keys("tcm") == ["cogmem", "howard2002distributed"]


def test_a_model_cited_by_two_cards_comes_once() -> None:
    assert len(keys("cmr", "source_cmr", "polyn2009")) == len({*keys("cmr", "source_cmr")})


@pytest.mark.parametrize("name", [row["name"] for row in catalogue()])
def test_every_data_set_is_cited(name: str) -> None:
    found = read(cite(name)).entries
    assert len(found) == 2
    assert [entry.fields.get("year") or entry.fields.get("note") for entry in found.values()][1]


@pytest.mark.parametrize("name", [row["name"] for row in published_catalogue()])
def test_every_published_table_is_cited(name: str) -> None:
    assert len(read(cite(name)).entries) >= 2


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_is_cited_with_its_models_people_and_sources(name: str) -> None:
    experiment, text = find_experiment(name), cite(name)
    found = read(text).entries
    for each in (*experiment.models, *experiment.people):
        assert len(read(cite(name, each)).entries) == len(found)
    assert len(found) > 1 or not experiment.sources
    assert "no full reference" not in text


def test_every_mind_but_the_null_has_a_card_or_says_that_it_has_none() -> None:
    without = [name for name in minds() if not [x for x in cited(name) if isinstance(x, Work)]]
    assert without == ["null"]
    assert "% null: follows no paper" in cite("null")


def test_participants_are_cited_by_the_models_that_they_hold() -> None:
    assert keys("CMR") == keys("CMR (shared readout)") == ["cogmem", "healey2014memory"]
    assert "cho2014learning" in keys("GRU")
    assert "tresp2023tensor" in keys("Tensor Brain")


@pytest.mark.parametrize(
    ("typed", "spelt"),
    [
        ("Cmr", "cmr"),
        ("SPARSEY", "sparsey"),
        ("PEERS", "peers"),
        ("tensor brain", "Tensor Brain"),
        ("cmr (Shared Readout)", "CMR (shared readout)"),
        ("CMR_Sweep", "cmr_sweep"),
        ("Ebbinghaus1885", "ebbinghaus1885"),
    ],
)
def test_capitals_do_not_matter_where_nothing_is_spelt_so(typed: str, spelt: str) -> None:
    assert cited(typed) == cited(spelt)
    assert cited("cmr") != cited("CMR")


def test_no_name_means_two_things() -> None:
    names = [
        *read_cards(),
        *(row["name"] for row in catalogue()),
        *(row["name"] for row in published_catalogue()),
        *EXPERIMENTS,
        *minds(),
    ]
    assert len(names) == len(set(names))


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    for given, near in {"tmc": "tcm", "peer": "peers", "cmr_swep": "cmr_sweep"}.items():
        with pytest.raises(UnknownName, match=f"Did you mean '{near}'"):
            cite(given)


# ---- what ran ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(FIGURES.glob("*.json")), ids=lambda path: path.stem)
def test_every_figure_that_is_kept_is_cited(path: Path) -> None:
    found = read(cite(figure=path)).entries
    about = json.loads(path.read_text(encoding="utf-8"))
    assert about["versions"]["cogmem"] in found["cogmem"].fields["note"]
    assert len(found) > 1 or not about.get("sources")


def figure(folder: Path, name: str, config: dict, rows: str = "") -> Path:
    """The .json and .csv of a figure as it would be written."""
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"experiment": name, "config": config, "commit": "abc"}))
    path.with_suffix(".csv").write_text(rows)
    return path


def test_a_figure_cites_the_commit_that_made_it(tmp_path: Path) -> None:
    assert "commit abc" in cite(figure=figure(tmp_path, "cmr_sweep", {}))


def test_people_that_another_choice_replaces_are_not_cited(tmp_path: Path) -> None:
    chosen = keys(figure=figure(tmp_path, "comparison", {"data": "morton2013"}))
    assert "morton2013category" in chosen
    default = keys(figure=figure(tmp_path, "hebbian_subspace", {"images": "mnist"}))
    other = keys(figure=figure(tmp_path, "hebbian_subspace", {"images": "made up"}))
    assert set(default) - set(other) == {"lecun1998gradient"}


def test_people_who_were_not_there_are_not_cited(tmp_path: Path) -> None:
    whole = keys(figure=figure(tmp_path, "people_curves", {}))
    rest = keys(figure=figure(tmp_path, "people_curves", {}, "data,x\nasymfr3,not here\n"))
    assert set(whole) - set(rest) == {"asymfr3"}


def test_participants_in_the_numbers_are_cited(tmp_path: Path) -> None:
    config = {"data": "peers"}
    with_simple = keys(figure=figure(tmp_path, "comparison", config, "panel,model\ngain,SIMPLE\n"))
    without = keys(figure=figure(tmp_path, "comparison", config))
    assert set(with_simple) - set(without) == {"brown2007temporal"}


def test_a_store_cites_the_minds_in_it(tmp_path: Path) -> None:
    experiment: Experiment = find_experiment("minds")
    about = provenance(experiment.default) | {"experiment": "minds"}
    store = Store.open(tmp_path / "minds.zarr", about)
    store.table("SIMPLE 0123abcd results", {"x": Column((), float)}, 1, 1)
    found = keys(figure=store.path)
    assert "brown2007temporal" in found
    assert "rinkus2010cortical" not in found


def test_a_fit_cites_its_model_and_its_people(tmp_path: Path) -> None:
    how = {"config": {"model": "CMR"}, "citation": "Ma, W. J. (2008). Mine. Memory 36, 1-9."}
    (tmp_path / "cmr_mine.json").write_text(json.dumps(how))
    found = keys(figure=tmp_path / "cmr_mine.json")
    assert found == ["cogmem", "healey2014memory", "ma2008mine"]


def test_what_says_nothing_of_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="no file"):
        cite(figure=tmp_path / "none.json")
    (tmp_path / "empty.json").write_text("{}")
    with pytest.raises(InvalidValue, match="no config"):
        cite(figure=tmp_path / "empty.json")
    shutil.rmtree(tmp_path)
    with pytest.raises(InvalidValue, match="not a store"):
        cite(figure=tmp_path / "none.zarr")
