"""`cogmem lab`: the right folder, the right kernel, and an end without a word."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest
from typer.testing import CliRunner

from cogmem import cli
from cogmem.errors import InvalidValue, MissingExtra
from cogmem.lab import workbench
from cogmem.lab.workbench import NotStarted, environment, notebooks_folder, prepare, serving

ROOT = Path(__file__).parents[2]
COGMEM = "from cogmem.cli import app; app()"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user who never used Jupyter before."""
    for variable in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR", "PATH", "CONFIG_PATH"):
        monkeypatch.setenv(f"JUPYTER_{variable}", str(tmp_path / "jupyter" / variable))
    return tmp_path


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package as from a wheel, with two notebooks of its own, and a working folder."""
    package = tmp_path / "site-packages" / "cogmem"
    for path, text in {
        "notebooks/01_welcome.ipynb": a_notebook("see [it](../cogmem/models/tcm.py)"),
        "notebooks/02_more.ipynb": a_notebook("see [it](../experiments/one.py), [x](../gone.py)"),
        "models/tcm.py": "TCM = 1",
        "experiments/one.py": "ONE = 1",
    }.items():
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).write_text(text)
    monkeypatch.setattr(workbench, "_package", lambda: package)
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "desk"


def a_notebook(text: str) -> str:
    cells = [{"cell_type": "markdown", "metadata": {}, "source": text, "id": "a"}]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


# ---- which notebooks -----------------------------------------------------------------------------


def test_in_a_checkout_they_are_its_own_and_all_of_it_can_be_opened() -> None:
    assert notebooks_folder() == prepare() == ROOT / "notebooks"
    assert workbench._root(ROOT / "notebooks") == ROOT
    assert workbench._page(ROOT / "notebooks", "03_cmr.ipynb") == "lab/tree/notebooks/03_cmr.ipynb"


def test_installed_they_are_copied_once_and_what_the_user_changed_stays(installed: Path) -> None:
    place = prepare()
    assert place == notebooks_folder() == installed / "cogmem-notebooks"
    (place / "01_welcome.ipynb").write_text("mine")
    (place / "02_more.ipynb").unlink()
    (place / "own.ipynb").write_text("own")
    prepare()
    assert (place / "01_welcome.ipynb").read_text() == "mine"
    assert (place / "own.ipynb").read_text() == "own"
    assert (place / "02_more.ipynb").is_file()


def test_another_folder_can_be_named_but_no_file(installed: Path) -> None:
    assert prepare(Path("mine")) == installed / "mine"
    assert (installed / "mine" / "01_welcome.ipynb").is_file()
    (installed / "file").write_text("")
    with pytest.raises(InvalidValue, match="is a file, expected a folder"):
        prepare(Path("file"))


def test_links_of_a_copy_lead_to_the_code_of_this_version(installed: Path) -> None:
    place = prepare()
    for name, path, text in [
        ("01_welcome", "sources/cogmem/models/tcm.py", "TCM = 1"),
        ("02_more", "sources/experiments/one.py", "ONE = 1"),
    ]:
        (cell,) = json.loads((place / f"{name}.ipynb").read_text())["cells"]
        assert f"[it]({path})" in cell["source"]
        assert (place / path).read_text() == text
    assert "(../gone.py)" in (place / "02_more.ipynb").read_text()


def test_every_link_of_the_notebooks_leads_somewhere(tmp_path: Path) -> None:
    place = prepare(tmp_path / "copy")
    for notebook in place.glob("*.ipynb"):
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        for link in re.findall(r"\]\((?!https?:|#)([^)\s]+)\)", text):
            assert (place / link.partition("#")[0]).exists(), f"{notebook.name}: {link}"


# ---- which kernel --------------------------------------------------------------------------------


def test_kernels_keep_what_they_compile_and_show_figures_inline(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(home / "xla"))
    variables = environment(home / "settings")
    code = (
        "import jax, matplotlib; print(jax.config.jax_compilation_cache_dir,"
        " jax.config.jax_persistent_cache_min_compile_time_secs, matplotlib.rcParams['backend'])"
    )
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True)
    folder, seconds, backend = done.stdout.decode().split()
    assert Path(folder).name in ("xla", "cogmem-tests-xla")
    assert float(seconds) < 1
    assert "inline" in backend


def test_a_kernel_of_another_python_is_refused(home: Path) -> None:
    workbench._check_kernel(environment(home / "one"))
    other = home / "jupyter" / "PATH" / "kernels" / "python3"
    other.mkdir(parents=True)
    spec = {"argv": ["/opt/other/bin/python", "-m", "ipykernel_launcher"], "display_name": "x"}
    (other / "kernel.json").write_text(json.dumps(spec | {"language": "python"}))
    with pytest.raises(InvalidValue, match=r"other/bin/python.*ipykernel install --sys-prefix"):
        workbench._check_kernel(environment(home / "two"))


def test_this_python_is_told_from_others(tmp_path: Path) -> None:
    assert workbench._is_this_python(sys.executable)
    assert workbench._is_this_python("python3")
    for name in ("python2", str(tmp_path / "python3"), "no Python"):
        assert not workbench._is_this_python(name)


def test_without_jupyterlab_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbench, "find_spec", lambda name: None)
    result = CliRunner().invoke(cli.app, ["lab", "--no-browser"])
    assert result.exit_code == 2
    assert "pip install 'cogmem[notebooks]'" in result.output
    with pytest.raises(MissingExtra), serving():
        pass


# ---- a running one -------------------------------------------------------------------------------


@pytest.mark.parametrize("whole_group", [True, False], ids=["Ctrl-C", "terminated"])
def test_it_says_where_it_runs_and_ends_quietly(home: Path, whole_group: bool) -> None:
    """Ctrl-C in a terminal reaches every process; `kill` only the first: nobody is left over."""
    process = subprocess.Popen(
        [sys.executable, "-c", COGMEM, "lab", "--no-browser", "--folder", str(home / "mine")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        (url,) = re.findall(r"http://\S+/lab/tree/01_welcome\.ipynb\?token=\w+", line)
        assert b"JupyterLab" in urlopen(url, timeout=60).read()
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        if whole_group:
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGTERM)
        said, complained = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, said, complained) == (0, "", "")
    assert not [child for child in children if child.is_running()]


@pytest.mark.parametrize(
    ("settings", "token"),
    [
        ("c.IdentityProvider.token = 'my own'", "my own"),
        ("c.IdentityProvider.token = ''", ""),
    ],
)
def test_a_token_of_the_users_own_settings_is_taken_up(
    home: Path, settings: str, token: str
) -> None:
    configured = home / "jupyter" / "CONFIG_DIR"
    configured.mkdir(parents=True)
    (configured / "jupyter_server_config.py").write_text(settings)
    with serving(home / "mine") as server:
        assert server.token == token
        assert ("token" in server.url()) == bool(token)
        assert b"JupyterLab" in urlopen(server.url(), timeout=60).read()


def test_what_a_killed_server_left_is_not_taken_for_a_new_one(home: Path) -> None:
    """A new process may get its number, as in a container that is started again."""
    left = home / "jupyter" / "RUNTIME_DIR" / "jpserver-1.json"
    left.parent.mkdir(parents=True)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left.write_text(json.dumps({"pid": ended.pid, "url": "http://elsewhere/", "token": "old"}))
    workbench._forget_ended()
    assert not left.exists()


def test_a_server_answers_only_once_somebody_listens() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        assert not workbench._listens(url)
        server.listen()
        assert workbench._listens(url)


def test_a_port_that_is_taken_is_told_at_once(home: Path) -> None:
    begun = time.monotonic()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(NotStarted, match=str(port)), serving(home / "mine", port):
            pass
    assert time.monotonic() - begun < workbench.SECONDS_TO_START / 2
