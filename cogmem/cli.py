"""The `cogmem` command. Each command imports what it needs when it runs: help is instant."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Sequence
from functools import partial, wraps
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["app", "script"]

app = typer.Typer(
    help="A simulation workbench for the science of memory: models and people, one protocol.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Words = Annotated[list[str] | None, typer.Argument(help="Names; all if none.")]
Preset = Annotated[str, typer.Option(help="quick (minutes) or paper (the published setting).")]
Folder = Annotated[
    Path | None,
    typer.Option(
        help="Where figures go: figures (paper), figures/quick, or figures/changed "
        "(settings changed) if not said.",
        show_default=False,
    ),
]
Set = Annotated[
    list[str] | None, typer.Option("--set", help="Change a setting: name=value; repeatable.")
]


def _command(function: Callable[..., None]) -> Callable[..., None]:
    """A command that tells its own errors in a line, and how to go on after Ctrl-C."""

    @app.command(name=function.__name__.strip("_").replace("_", "-"))
    @wraps(function)
    def command(*args: Any, **kwargs: Any) -> None:
        from cogmem.errors import CogmemError, plain_warnings

        try:
            with plain_warnings():
                function(*args, **kwargs)
        except CogmemError as error:
            _fail(f"error: {error}", 2)
        except KeyboardInterrupt:
            _fail("\nStopped. What was finished is kept: the same command goes on from there.", 130)
        except OSError as error:
            if error.errno not in _DISK:
                raise
            _fail(f"error: {_DISK[error.errno]} ({error}). What was finished is kept.", 2)

    return command


_DISK = {
    errno.ENOSPC: "the disk is full; make room and run the same command again",
    errno.EDQUOT: "the disk quota is used up; make room and run the same command again",
    errno.EACCES: "the folder cannot be written to; choose another (COGMEM_RESULTS, --out)",
    errno.EPERM: "the folder cannot be written to; choose another (COGMEM_RESULTS, --out)",
    errno.EROFS: "the folder is read-only; choose another (COGMEM_RESULTS, --out)",
    errno.EEXIST: "a file is where a folder is to be; choose another (COGMEM_RESULTS, --out)",
    errno.ENOTDIR: "a file is where a folder is to be; choose another (COGMEM_RESULTS, --out)",
}


@_command
def compare(
    preset: Preset = "quick",
    model: Annotated[
        list[str] | None, typer.Option(help="A file whose participant joins; repeatable.")
    ] = None,
    data: Annotated[
        str, typer.Option(help="A table of your own, instead of the people of its paradigm.")
    ] = "",
    sets: Set = None,
    workers: Annotated[int, typer.Option(help="Processes on this machine.")] = 0,
    scheduler: Annotated[str, typer.Option(help="Address of a Dask scheduler.")] = "",
    slurm: Annotated[Path | None, typer.Option(help="TOML file describing Slurm jobs.")] = None,
    markdown: Annotated[bool, typer.Option(help="Print the table as Markdown.")] = False,
    measured: Annotated[
        bool,
        typer.Option(
            help="The paper preset as measured; computes nothing. With --out also its figure."
        ),
    ] = False,
    out: Folder = None,
) -> None:
    """Every model on every paradigm that it sits, on the same people's responses: one table."""
    from cogmem.lab import minds_run, minds_tables
    from cogmem.lab.cluster import chosen

    if measured:
        results = minds_run.measured()
        _print(minds_tables.table(results))
        if out is not None:
            _wrote(minds_run.draw_measured(results, out))
    else:
        own = {"models": ",".join(model or ()), "data": data}
        changed = [*(sets or ()), *(f"{name}={value}" for name, value in own.items() if value)]
        with chosen(workers, scheduler, slurm) as mapper:
            spread = mapper if workers or scheduler or slurm else None
            results = _carry_out("minds", preset, changed, out, spread)
    if markdown:
        typer.echo(minds_tables.markdown(results))
    for what in ("failed", "left_out"):
        for told in results.attrs.get(what, ()):
            typer.secho(f"{what.replace('_', ' ')}: {told}", fg="red", err=True)
    if len(results.attrs.get("failed", ())):
        raise typer.Exit(1)


@_command
def run(name: str, preset: Preset = "quick", sets: Set = None, out: Folder = None) -> None:
    """Run an experiment and write its figure, its numbers and how they came about."""
    results = _carry_out(name, preset, sets, out)
    _tell_failures(results.attrs.get("failed", ()))


@_command
def fit(
    model: str,
    data: Annotated[str, typer.Option(help="A data set, or a file: .csv, .mat, .npz, Psych-DS.")],
    by: Annotated[
        str, typer.Option(help="subject, or group: everybody's lists as one's.")
    ] = "subject",
    bayes: Annotated[bool, typer.Option(help="Posteriors by NUTS. Minutes per person.")] = False,
    length: Annotated[int | None, typer.Option(help="Keep lists of so many words.")] = None,
    starts: Annotated[int, typer.Option(help="Random starts of each fit.")] = 8,
    steps: Annotated[int, typer.Option(help="Gradient steps from each start.")] = 200,
    level: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(help="Root of all randomness.")] = 0,
    out: Annotated[Path, typer.Option(help="Where table and figure go.")] = Path("fits"),
) -> None:
    """Fit a model to each person: a table of estimates with intervals, and a figure."""
    import shlex
    import sys
    from contextlib import ExitStack

    from cogmem.lab import fitting
    from cogmem.lab.progress import progress_bar

    with ExitStack() as stack:
        fitted, recalls = fitting.run(
            model,
            data,
            lambda total: stack.enter_context(progress_bar(total)),
            tell=typer.echo,
            out=out,
            length=length,
            by=by,
            bayes=bayes,
            level=level,
            n_starts=starts,
            n_steps=steps,
            seed=seed,
        )
    name = fitting.stem(fitted.plan, data)
    command = shlex.join(["cogmem", *sys.argv[1:]])
    paths = fitting.write(fitted, recalls, name, out, command)
    _print(fitting.summary(fitted))
    _wrote(paths)


@_command
def sweep(
    name: str,
    preset: Preset = "quick",
    sets: Set = None,
    over: Annotated[
        list[str] | None,
        typer.Option(
            help="An axis: name=0.1:0.9:9, name=0.1:10:9:log, name=1,2,3, name=0:1:sobol or "
            "name=0:1:random; repeatable. Instead of the preset's."
        ),
    ] = None,
    file: Annotated[Path | None, typer.Option(help="Axes and settings in a TOML file.")] = None,
    samples: Annotated[int, typer.Option(help="Points of random and Sobol axes.")] = 64,
    repeats: Annotated[int | None, typer.Option(help="Repeats of each cell.")] = None,
    seed: Annotated[int, typer.Option(help="Root of all randomness.")] = 0,
    store: Annotated[Path | None, typer.Option(help="Where results go.")] = None,
    workers: Annotated[int, typer.Option(help="Processes on this machine.")] = 0,
    scheduler: Annotated[str, typer.Option(help="Address of a Dask scheduler.")] = "",
    slurm: Annotated[Path | None, typer.Option(help="TOML file describing Slurm jobs.")] = None,
    shard: Annotated[str, typer.Option(help="i/n: only the i-th of n parts.")] = "1/1",
    retry_failed: Annotated[bool, typer.Option(help="Compute failed cells again.")] = False,
    fail_fast: Annotated[bool, typer.Option(help="Stop at the first failed cell.")] = False,
    repair: Annotated[bool, typer.Option(help="Compute unreadable cells again.")] = False,
) -> None:
    """Run an experiment over many settings. Results survive; a rerun computes what is missing."""
    import shlex
    import sys
    from dataclasses import replace

    from cogmem.lab.axes import Axes, parse_over
    from cogmem.lab.cluster import chosen
    from cogmem.lab.execute import Options, parse_part
    from cogmem.lab.show import preset_sweep, run_sweep, sweep_path

    asked, axes = _run(name, preset, sets), None
    if file is not None:
        found = Axes.from_toml(file, asked.config)
        asked = replace(asked, overrides={**found.overrides, **(asked.overrides or {})})
        axes, repeats = found.axes, repeats or found.repeats
    if over:
        axes = parse_over(over, asked.config, n_samples=samples, seed=seed)
    planned = replace(preset_sweep(asked, axes, repeats), seed=seed)
    options = Options(parse_part(shard), retry_failed, fail_fast, repair)
    with chosen(workers, scheduler, slurm) as mapper:
        tally = run_sweep(
            planned,
            shlex.join(["cogmem", *sys.argv[1:]]),
            path=store,
            mapper=mapper,
            options=options,
        )
    typer.echo(f"{store or sweep_path(planned)}: {tally.done} cells done, {tally.failed} failed")
    for message in tally.messages[:10]:
        typer.secho(f"failed: {message}", fg="red", err=True)
    if tally.failed:
        raise typer.Exit(1)


@_command
def figure(
    names: Words = None,
    every: Annotated[bool, typer.Option("--all", help="Every experiment.")] = False,
    preset: Preset = "quick",
    check: Annotated[bool, typer.Option(help="Compare the numbers with those kept.")] = False,
    explain: Annotated[bool, typer.Option(help="Say what would be made anew, and why.")] = False,
    anew: Annotated[
        bool, typer.Option(help="All of them, and nothing from what is stored.")
    ] = False,
    workers: Annotated[int, typer.Option(help="Processes, each with a figure at a time.")] = 0,
    out: Folder = None,
) -> None:
    """Make figures from what is stored, computing only what is missing, one core each."""
    from cogmem.errors import InvalidValue
    from cogmem.lab.runtime import one_thread

    one_thread()
    from cogmem.lab import figures, regenerate
    from cogmem.lab.experiment import list_experiments

    if bool(names) == every:
        raise InvalidValue("name the figures, or say --all.")
    runs = [_run(name, preset, None) for name in names or list_experiments()]
    if explain:
        for each in runs:
            typer.echo(figures.explain(each, regenerate.folder_of(each, out)))
    elif check:
        say = partial(typer.echo, err=True)
        _tell_checks(regenerate.check_and_tell(runs, out, workers, say, anew=anew))
    else:
        with_gallery = every and out is None
        _tell_failures(
            regenerate.make_and_tell(
                runs, out, workers, typer.echo, anew=anew, with_gallery=with_gallery
            )
        )


@_command
def show(store: Path) -> None:
    """Where a stored result or a figure (its .json) comes from, and how to repeat it."""
    from cogmem.lab.figures import told_of

    rows, tables = told_of(store)
    _table(("what", "value"), rows)
    for line in tables:
        typer.echo(line)


@_command
def _list(
    names: Words = None,
    markdown: Annotated[bool, typer.Option(help="As a Markdown table.")] = False,
) -> None:
    """The models and their papers; the whole card of those named; or `list experiments [NAMES]`."""
    from cogmem.lab import listings
    from cogmem.models.card import markdown_table

    if names and names[0] == "experiments":
        _paragraphs(listings.experiments(names[1:]))
        return
    cards = listings.cards(names or ())
    if markdown:
        typer.echo(markdown_table(cards))
    elif names:
        for card in cards:
            _table(("", card.name), [(key, str(value)) for key, value in vars(card).items()])
    else:
        _table(("model", "what it is", "paper"), [(c.name, c.title, c.paper) for c in cards])


@_command
def cite(
    names: Words = None,
    figure: Annotated[
        Path | None, typer.Option(help="A figure's .json, or a store: what ran in it.")
    ] = None,
) -> None:
    """BibTeX of cogmem and of models, experiments and data sets; of all models if none is named."""
    from cogmem.lab.citations import cite as bibtex

    typer.echo(bibtex(*(names or ()), figure=figure))


@_command
def data(
    name: Annotated[str, typer.Argument(help="A data set of free recall, to be written.")] = "",
    csv: Annotated[Path | None, typer.Option(help="Write it as a table, psifr's columns.")] = None,
    people: Annotated[int | None, typer.Option(help="Only the first so many people.")] = None,
) -> None:
    """The data sets and the published tables: how much, whose, and whether here; or one as CSV."""
    from cogmem.errors import InvalidValue
    from cogmem.lab.listings import data_sets, write_table

    if bool(name) != (csv is not None):
        raise InvalidValue("name a data set and a file: cogmem data murdock1962 --csv mine.csv")
    if csv is None:
        _paragraphs(data_sets())
    else:
        typer.echo(f"wrote {csv}: {write_table(name, csv, people)} rows")


@_command
def where(name: str) -> None:
    """Where the code behind a name is: a model, a measure, an experiment, a figure."""
    from cogmem.lab.whereabouts import where as places

    _table(("what", "where"), [(each.what, str(each)) for each in places(name)])


@_command
def doctor() -> None:
    """What is installed, what is missing, and what it costs you."""
    from cogmem.lab.doctor import examine

    _table(("what", "found", "remark"), examine())


@_command
def lab(
    folder: Annotated[
        Path | None, typer.Option(help="Where notebooks are, or are copied to.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Where JupyterLab listens.")] = None,
    browser: Annotated[bool, typer.Option(help="Open it in the browser.")] = True,
) -> None:
    """JupyterLab in the folder of the notebooks, with everything ready."""
    from cogmem.lab.workbench import start

    code = start(folder, port, browser)
    if code:
        raise typer.Exit(code)


New = Annotated[Path, typer.Option(help="Where the files go.")]


@_command
def new_model(name: str, out: New = Path(".")) -> None:
    """Write a model that works, its test and its notebook, to be changed into your own."""
    from cogmem.lab import new_model as template
    from cogmem.participants.roster import minds

    paths = template.write(template.files_of(name, minds()), out)
    _wrote(paths)
    typer.echo(template.next_steps(paths))


@_command
def new_experiment(name: str, out: New = Path(".")) -> None:
    """Write an experiment that works, and its test, to be changed into your own."""
    from cogmem.lab import new_experiment as template
    from cogmem.lab.experiment import list_experiments
    from cogmem.lab.new_model import write

    paths = write(template.files_of(name, list_experiments()), out)
    _wrote(paths)
    typer.echo(template.next_steps(paths))


def script(name: str) -> None:
    """What `python experiments/NAME.py` does: `cogmem run NAME` with the same options."""
    import sys

    app(["run", name, *sys.argv[1:]])


def _run(name: str, preset: str, sets: list[str] | None) -> Any:
    """An experiment under one configuration, refused here if there is no such thing."""
    from cogmem.lab.experiment import find_experiment
    from cogmem.lab.settings import parse_assignments
    from cogmem.lab.show import Run

    asked = Run(find_experiment(name), preset, parse_assignments(sets or ()))
    _ = asked.config
    return asked


def _carry_out(
    name: str, preset: str, sets: list[str] | None, out: Path | None, mapper: Any = None
) -> Any:
    from dataclasses import replace

    from cogmem.lab.regenerate import folder_of
    from cogmem.lab.show import carry_out

    asked = replace(_run(name, preset, sets), mapper=mapper)
    results, paths = carry_out(asked, folder_of(asked, out))
    if asked.experiment.table is not None:
        _print(asked.experiment.table(results))
    _wrote(paths)
    return results


def _tell_checks(told: Sequence[Any]) -> None:
    from cogmem.lab.figures import Check, tally

    checks = [each for each in told if isinstance(each, Check)]
    typer.echo(tally(checks))
    _tell_failures([each.error for each in told if not isinstance(each, Check)])
    if not all(each.unchanged for each in checks):
        raise typer.Exit(1)


def _tell_failures(errors: Sequence[str]) -> None:
    for error in errors:
        typer.secho(f"failed: {error}", fg="red", err=True)
    if len(errors):
        raise typer.Exit(1)


def _paragraphs(paragraphs: Iterable[tuple[str, list[str]]]) -> None:
    for heading, lines in paragraphs:
        typer.secho(heading, bold=True)
        typer.echo("\n".join(lines))


def _table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.table import Table

    table = Table(*columns)
    for row in rows:
        table.add_row(*row)
    _print(table)


def _wrote(paths: Iterable[Path]) -> None:
    typer.echo("wrote " + ", ".join(map(str, paths)))


def _print(what: Any) -> None:
    from rich.console import Console

    console = Console()
    # Into a file or a pipe: as wide as the widest table.
    (console if console.is_terminal else Console(width=120)).print(what)


def _fail(message: str, code: int) -> None:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(code) from None


if __name__ == "__main__":
    app()
