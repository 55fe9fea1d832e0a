"""The `cogmem` command. Each command imports what it needs when it runs: help is instant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["app"]

app = typer.Typer(
    help="A simulation workbench for the science of memory: models and people, one protocol.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Preset = Annotated[str, typer.Option(help="quick (minutes) or paper (the published setting).")]
Models = Annotated[list[str] | None, typer.Argument(help="Names of models; all if none.")]
Folder = Annotated[Path, typer.Option(help="Where the figure goes.")]


def _command(function: Callable[..., None]) -> Callable[..., None]:
    """A command that tells its own errors in a line, and how to go on after Ctrl-C."""

    @app.command(name=function.__name__.strip("_"))
    @wraps(function)
    def command(*args: Any, **kwargs: Any) -> None:
        from cogmem.errors import CogmemError

        try:
            function(*args, **kwargs)
        except CogmemError as error:
            typer.secho(f"error: {error}", fg="red", err=True)
            raise typer.Exit(2) from None
        except KeyboardInterrupt:
            typer.secho(
                "\\nStopped. What was finished is kept: the same command goes on from there.",
                err=True,
            )
            raise typer.Exit(130) from None

    return command


@_command
def compare(preset: Preset = "quick", out: Folder = Path("figures")) -> None:
    """Fit every participant to half of each person's lists, score it on the rest."""
    run("comparison", preset, out)


@_command
def run(name: str, preset: Preset = "quick", out: Folder = Path("figures")) -> None:
    """Run an experiment and write its figure, its numbers and how they came about."""
    from cogmem.lab.experiment import find_experiment
    from cogmem.lab.show import carry_out

    experiment = find_experiment(name)
    results, paths = carry_out(experiment, preset, out)
    if experiment.table is not None:
        _print(experiment.table(results))
    typer.echo("wrote " + ", ".join(str(path) for path in paths))


@_command
def _list(
    names: Models = None,
    markdown: Annotated[bool, typer.Option(help="As a Markdown table.")] = False,
) -> None:
    """The models and their papers; of named models, the whole fidelity card."""
    from cogmem.models.card import choose_cards, markdown_table

    cards = choose_cards(*(names or ()))
    if markdown:
        typer.echo(markdown_table(cards))
    elif names:
        for card in cards:
            _table(("", card.name), [(key, str(value)) for key, value in vars(card).items()])
    else:
        _table(("model", "what it is", "paper"), [(c.name, c.title, c.paper) for c in cards])


@_command
def cite(names: Models = None) -> None:
    """BibTeX of models."""
    from cogmem.models.card import cite as bibtex

    typer.echo(bibtex(*(names or ())))


@_command
def data() -> None:
    """The data sets: who, how much, whose, and whether they are here."""
    from cogmem.data import catalogue

    keys, rows = ("name", "subjects", "lists", "licence", "place"), catalogue()
    _table(keys, [tuple(str(row[key]) for key in keys) for row in rows])
    for row in rows:
        typer.echo(f"{row['name']}: {row['citation']}")


@_command
def doctor() -> None:
    """What is installed, what is missing, and what it costs you."""
    from cogmem.lab.doctor import examine

    _table(("what", "found", "remark"), examine())


def _table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.table import Table

    table = Table(*columns)
    for row in rows:
        table.add_row(*row)
    _print(table)


def _print(what: Any) -> None:
    from rich.console import Console

    Console().print(what)


if __name__ == "__main__":
    app()
