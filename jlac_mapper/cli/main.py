"""The program `jlac-mapper`: its verbs, and the one place where an error becomes a line and an exit code."""

import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from jlac_mapper import garbage
from jlac_mapper.cli.language import is_japanese, of_locale, speaking, spoken, taken_out
from jlac_mapper.cli.verbs import Verbs
from jlac_mapper.errors import JlacMapperError
from jlac_mapper.version import __version__
from jlac_mapper.wording import Language

UNUSABLE = 2
INTERRUPTED = 130


def build_cli() -> typer.Typer:
    """Return the program with every verb; what a verb needs to work is imported when it runs."""
    from jlac_mapper.cli.eval_command import eval_command
    from jlac_mapper.cli.health import health
    from jlac_mapper.cli.map_command import map_command
    from jlac_mapper.cli.master import master_app
    from jlac_mapper.cli.questions_command import questions_command
    from jlac_mapper.cli.review import review_app
    from jlac_mapper.cli.serve import serve
    from jlac_mapper.cli.train import train_app
    from jlac_mapper.cli.web import web

    cli = Verbs(
        name="jlac-mapper",
        help="Give a hospital's laboratory tests their JLAC11 codes.",
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    cli.callback()(_program)
    cli.command("map")(map_command)
    cli.command("questions")(questions_command)
    cli.add_typer(master_app, name="master")
    cli.command("serve")(serve)
    cli.command("health")(health)
    cli.command("eval")(eval_command)
    cli.add_typer(train_app, name="train")
    cli.command("web")(web)
    cli.add_typer(review_app, name="review")
    return cli


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"jlac-mapper {__version__}")
        raise typer.Exit


def _program(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
    lang: Annotated[
        str,
        typer.Option("--lang", help="Language of help, tables and errors: ja or en. (default: the locale's)"),
    ] = "",
) -> None:
    """Give a hospital's laboratory tests their JLAC11 codes."""
    del version, lang  # told and taken out before; here for the help


def main(arguments: Sequence[str]) -> int:
    """
    Run one command line.

    Returns:
        The exit code: 0, or 2 after one line on stderr for anything the user can put right, 130 after Ctrl-C.
    """
    chosen, left = taken_out(arguments)
    with speaking(of_locale(os.environ)):
        if not chosen:
            return _run(left)
        if chosen not in set(Language):
            return _refuse(f"language {chosen.strip()!r} is not known; use {' or '.join(Language)}")
        with speaking(Language(chosen)):
            return _run(left)


def _run(arguments: Sequence[str]) -> int:
    try:
        code = build_cli()(args=list(arguments), prog_name="jlac-mapper", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except JlacMapperError as error:
        return _refuse(str(error), error.reason)
    except typer.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, typer.Abort):
        print(f"jlac-mapper: {spoken('interrupted')}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone (| head): quietly, and with the code that typer and rich end with there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        # typer's own usage errors: their class moved between versions, their method did not.
        explain = getattr(error, "format_message", None)
        if explain is None:
            raise
        return _refuse(f"{explain()} (see jlac-mapper --help)") if explain() else UNUSABLE


def _refuse(message: str, reason: str = "") -> int:
    """Print the one line on stderr; in Japanese with the error's stable reason, to be looked up by."""
    line = " ".join(message.split())
    if is_japanese():
        print(f"jlac-mapper: エラー: {spoken(line)}" + (f" [{reason}]" if reason else ""), file=sys.stderr)
    else:
        print(f"jlac-mapper: error: {line}", file=sys.stderr)
    return UNUSABLE


def run() -> None:
    """Run the program on the process's arguments and exit."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal without Japanese is no reason to stop
    garbage.seldom_in_this_program()
    code = main(sys.argv[1:])
    garbage.never_again()
    sys.exit(code)
