"""What the program accepts, asked of the program itself, so that documents can be held against it."""

import shlex
from collections.abc import Iterator
from typing import Any

import typer

from jlac_mapper.cli.language import taken_out
from jlac_mapper.cli.main import build_cli

PROGRAM = "jlac-mapper"


def verbs() -> dict[str, Any]:
    """Return every verb, such as `map` and `master import`, with its command (typer has no public type)."""

    def walk(group: Any, above: str) -> Iterator[tuple[str, Any]]:
        for name, command in group.commands.items():
            path = f"{above} {name}".strip()
            if hasattr(command, "commands"):
                yield from walk(command, path)
            else:
                yield path, command

    return dict(walk(typer.main.get_command(build_cli()), ""))


def options(command: Any) -> set[str]:
    """Return the options of a verb in every spelling, `--help` left out."""
    spellings = {o for p in command.params for o in (*p.opts, *p.secondary_opts) if o.startswith("-")}
    return spellings - {"--help"}


def problem(line: str, *, complete: bool) -> str:
    """
    Say what is wrong with a command line of this program, or nothing.

    Args:
        line: Begins with the program's name, with or without a folder.
        complete: The line is to be run as it stands; else it only names a verb and some options.
    """
    words = shlex.split(line, comments=True)[1:]
    return problem_of_words(words, complete=complete)


def problem_of_words(words: list[str], *, complete: bool) -> str:
    """Do the same for the words after the program's name."""
    _, words = taken_out(words)
    if not words or words in (["--help"], ["--version"]):
        return ""
    known = verbs()
    verb = next((" ".join(words[:n]) for n in (3, 2, 1) if " ".join(words[:n]) in known), "")
    if not verb:
        is_group = any(name.startswith(f"{' '.join(words)} ") for name in known)
        return "" if is_group and not complete else f"unknown verb: {' '.join(words[:2])}"
    rest = words[len(verb.split()) :]
    given = {word.split("=")[0] for word in rest if word.startswith("-")} - {"--help"}
    if unknown := given - options(known[verb]):
        return f"{verb} has no option {', '.join(sorted(unknown))}"
    if complete and "--help" not in rest:
        try:
            known[verb].make_context(verb, list(rest))
        except Exception as error:  # typer's usage errors have no public class
            return f"{verb}: {error}"
    return ""
