"""A JupyterLab that `cogmem lab` would start, and a headless Chromium to look at it.

Nothing outside this machine is reached. Without a Chromium these tests are skipped, unless
COGMEM_BROWSER is `required`: then they fail.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from cogmem.lab.workbench import Server, serving

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
OF_JUPYTER = (
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
    "IPYTHONDIR",
)
"""Folders of the user's, which the tests neither read nor write."""


def unavailable(reason: str) -> NoReturn:
    """Skip, or fail if a browser is required."""
    if os.environ.get("COGMEM_BROWSER") == "required":
        pytest.fail(f"{reason}, and COGMEM_BROWSER=required")
    pytest.skip(reason)


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """A headless Chromium: the system's, or playwright's own."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        unavailable("the Python package playwright is not installed")
    with sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, NAMES)), playwright.chromium.executable_path)
        if not Path(found).is_file():
            unavailable("no Chromium is installed (apt-get install chromium)")
        started = playwright.chromium.launch(executable_path=found, args=[*FLAGS], headless=True)
        try:
            yield started
        finally:
            started.close()


@pytest.fixture(scope="package")
def lab(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """JupyterLab on a copy of the notebooks, as of somebody who never used Jupyter before."""
    pytest.importorskip("jupyterlab")
    home = tmp_path_factory.mktemp("jupyter")
    with pytest.MonkeyPatch.context() as patch:
        for variable in OF_JUPYTER:
            patch.setenv(variable, str(home / variable.lower()))
        cache = Path(tempfile.gettempdir()) / "cogmem-tests-xla"
        patch.setenv("JAX_COMPILATION_CACHE_DIR", str(cache))
        patch.setenv("JAX_PLATFORMS", "cpu")
        with serving(home / "notebooks") as server:
            yield server


@pytest.fixture(scope="package")
def page(browser: Any, lab: Server) -> Iterator[Any]:
    """The page that `cogmem lab` opens; it may ask nothing of other machines."""
    asked: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    opened.on("request", lambda request: asked.append(request.url))
    try:
        opened.goto(lab.url())
        yield opened
        assert [url for url in asked if url.startswith("http") and not _is_here(url)] == []
    finally:
        context.close()


def _is_here(url: str) -> bool:
    return url.split("/")[2].split(":")[0] in ("localhost", "127.0.0.1")
