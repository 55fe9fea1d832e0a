"""What a user sees: sliders that move the figure, and notebooks that open with their figures."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cogmem.lab.workbench import WELCOME
from cogmem.models import parameters
from cogmem.participants.roster import sitting

CMR = "03_cmr.ipynb"
NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
SECONDS, SECONDS_TO_RUN = 60, 180
TRIES, STEPS = 3, 8

TAB = ".jp-mod-current.lm-TabBar-tab"
SHOWN = ".jp-NotebookPanel:not(.lm-mod-hidden)"
OUTPUTS = f"{SHOWN} .jp-OutputArea-output img"
TEXTS = f"{SHOWN} .jp-MarkdownOutput img"
SLIDER = f"{SHOWN} .widget-hslider"
WIDGET, NOTEBOOK = ".jp-OutputArea-output:has(.widget-image)", ".jp-NotebookPanel-notebook"
IDLE = f"{SHOWN} .jp-Notebook-ExecutionIndicator[data-status=idle]"

BYTES_OF = """async image => {
    const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
    return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(""));
}"""
WIDTHS = "images => images.map(image => image.naturalWidth)"


def wait_for(happens: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
    """Look again until it happens."""
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, f"{what}: not after {seconds} s"
        time.sleep(0.1)


def look_at(page: Any, name: str) -> None:
    """Open a notebook from the list of files."""
    page.locator(".jp-DirListing-item", has_text=name).dblclick()
    page.locator(f"{TAB} .lm-TabBar-tabLabel", has_text=name).wait_for()
    page.locator(f"{SHOWN} .jp-Cell").first.wait_for()


def test_the_welcome_is_opened_and_nothing_is_asked(page: Any) -> None:
    page.locator(f"{SHOWN} h1").first.wait_for()
    assert page.locator(f"{TAB} .lm-TabBar-tabLabel").inner_text() == WELCOME
    page.locator(IDLE).wait_for()
    assert page.locator(".jp-Dialog").count() == 0
    assert page.locator(".Toastify__toast").count() == 0


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_opens_with_its_figures(path: Path, page: Any) -> None:
    """Nothing is computed; pictures in its text are there too."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    n_figures = sum("image/png" in output.get("data", {}) for output in outputs)
    look_at(page, path.name)
    wait_for(lambda: page.locator(OUTPUTS).count() == n_figures, f"{n_figures} figures")
    wait_for(lambda: all(page.locator(OUTPUTS).evaluate_all(WIDTHS)), "figures that are loaded")
    wait_for(lambda: all(page.locator(TEXTS).evaluate_all(WIDTHS)), "pictures in the text")
    assert n_figures > 0
    assert page.locator(".jp-Dialog").count() == 0
    assert page.locator(SHOWN).get_by_text("Error displaying widget").count() == 0


def run_all(page: Any) -> None:
    """Every cell, by the menu, until none waits and the kernel is idle."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_timeout(1000)  # until the prompts tell that they wait
    waiting, idle = page.locator(f"{SHOWN} .jp-InputPrompt", has_text="*"), page.locator(IDLE)
    wait_for(lambda: not waiting.count() and idle.count() == 1, "all cells run", SECONDS_TO_RUN)


@pytest.fixture(scope="module")
def cmr(page: Any) -> Any:
    """The notebook with sliders, all of it run.

    On a busy machine JupyterLab loses what it asks of a kernel that has only just connected: the
    prompts are empty again. A user asks once more, and so does this.
    """
    look_at(page, CMR)
    page.locator(f"{SHOWN} .jp-KernelName", has_text="Python 3").wait_for()
    page.locator(IDLE).wait_for()
    for _ in range(TRIES):
        run_all(page)
        if page.locator(SLIDER).count():
            break
    page.locator(SLIDER).first.wait_for(state="attached")
    page.locator(SLIDER).last.scroll_into_view_if_needed()
    page.locator(f"{SLIDER} .widget-readout").first.wait_for()
    return page


def test_sliders_show_where_the_model_begins_and_are_seen_at_once(cmr: Any) -> None:
    """Every readout is the parameter's value; no name is cut; all of it fits on the page."""
    begins = parameters.get(sitting("CMR"))
    rounded = {name: f"{float(value):#.3g}" for name, value in begins.items()}

    def shown() -> dict[str, str]:
        parts = (cmr.locator(f"{SLIDER} {part}") for part in (".widget-label", ".widget-readout"))
        return dict(zip(*(part.all_inner_texts() for part in parts), strict=True))

    wait_for(lambda: all(shown().values()), "readouts")
    assert shown() == rounded
    cut = "all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText)"
    assert cmr.locator(f"{SLIDER} .widget-label").evaluate_all(cut) == []
    whole, seen = (cmr.locator(f"{SHOWN} {part}").bounding_box() for part in (WIDGET, NOTEBOOK))
    assert whole["height"] < seen["height"]


def test_a_slider_moves_the_figure_and_moves_it_back(cmr: Any) -> None:
    """By keyboard, faster than the figure follows: the last position is the one that is shown."""
    image, slider = cmr.locator(f"{SHOWN} .widget-image"), cmr.locator(SLIDER).first
    value = slider.locator(".widget-readout")

    def picture() -> bytes:
        return base64.b64decode(image.evaluate(BYTES_OF))

    first, shown = picture(), value.inner_text()
    assert first.startswith(b"\x89PNG")
    slider.get_by_role("slider").focus()
    for _ in range(STEPS):
        cmr.keyboard.press("ArrowLeft")
    wait_for(lambda: picture() != first, "another figure")
    assert float(value.inner_text()) == pytest.approx(float(shown) - STEPS / 200, abs=0.002)
    for _ in range(STEPS):
        cmr.keyboard.press("ArrowRight")
    wait_for(lambda: picture() == first, "the first figure again")
    assert value.inner_text() == shown
    assert cmr.locator(".jp-Dialog").count() == 0
