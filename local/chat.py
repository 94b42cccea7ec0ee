"""`drugsng chat`: talk to the flows in the terminal, with a pharmacy in memory; or replay a golden transcript.

Nothing is stored and nothing is sent. Taps, pictures and places are typed as in the transcripts: `[tap: Add to cart]`,
`[image caption="rx 12345"]`, `[location 6.6018 3.3515]`; `( 10 quiet minutes )` lets time pass.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from local.rehearsal import Play, transcript

HINT = 'Type as a customer would. [tap: Menu] taps, [image] sends a photo, "( 10 quiet minutes )" waits, Ctrl-D ends.'


@click.command()
@click.option(
    "--replay",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=True, path_type=Path),
    help="A transcript, or a folder of them: plays it and shows what differs. May be given several times.",
)
@click.option("--name", default="", help="Begin as a registered customer of this name.")
def chat(files: tuple[Path, ...], name: str) -> None:
    """Talk to the bot in the terminal, with a pharmacy in memory."""
    if files:
        sys.exit(replayed(files))
    click.secho(HINT, dim=True)
    for line in talk(_typed(), name):
        click.secho(line, fg="cyan" if line.startswith(("<", " ")) else None, dim=line.startswith("~"))


def talk(typed: Iterable[str], name: str = "") -> Iterator[str]:
    """What the bot says to each line typed, as transcript lines. A line that cannot be read says so and the talk goes on."""
    play, seen = Play(), list[str]()
    if name:
        list(transcript.direct(play, f"( known as {name} )"))
    for line in typed:
        try:
            said = list(_turn(play, line.strip(), seen))
        except (ValueError, IndexError, TypeError, StopIteration) as e:
            said = [f"? {e}"]
        seen += said
        yield from said


def replayed(files: Iterable[Path]) -> int:
    """Plays transcripts, prints what differs, and gives the exit code: 0 when all came out as they are kept, else 1."""
    paths = [p for f in files for p in (sorted(f.glob("*.txt")) if f.is_dir() else [f])]
    changed = 0
    for path in paths:
        different = transcript.differences(path)
        changed += bool(different)
        click.echo(f"{'differs' if different else 'as kept'}  {path.name}")
        for line in different:
            click.secho(line, fg={"+": "green", "-": "red"}.get(line[0]))
    click.echo(f"{len(paths) - changed} of {len(paths)} as kept")
    return 1 if changed or not paths else 0


def _turn(play: Play, line: str, seen: list[str]) -> Iterator[str]:
    if not line:
        return
    if line.startswith("(") and line.endswith(")"):
        yield from transcript.direct(play, line)
    else:
        yield from transcript.show(play.send(transcript.event_of(line, seen)))


def _typed() -> Iterator[str]:
    """Lines of the terminal until it ends; piped input is echoed so that the talk can be read."""
    waiting = sys.stdin.isatty()
    while True:
        if waiting:
            click.echo("> ", nl=False)
        line = sys.stdin.readline()
        if not line:
            return
        if not waiting:
            click.echo(f"> {line.rstrip()}")
        yield line


if __name__ == "__main__":
    chat()
