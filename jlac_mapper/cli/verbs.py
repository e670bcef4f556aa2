"""Groups of verbs whose help is shown in the language of the run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from jlac_mapper.cli.language import is_japanese, spoken

_Verb = TypeVar("_Verb", bound=Callable[..., Any])

_TYPERS_OWN = {
    "ARGUMENTS_PANEL_TITLE": "引数",
    "OPTIONS_PANEL_TITLE": "オプション",
    "COMMANDS_PANEL_TITLE": "コマンド",
    "REQUIRED_LONG_STRING": "[必須]",
    "DEFAULT_STRING": "[既定: {}]",
}
"""What typer itself writes into a help; it has no other place to say it in."""


@contextmanager
def _typers_own_in_japanese() -> Iterator[None]:
    from rich.text import Text
    from typer import rich_utils

    class Folding(rich_utils.OptionHighlighter):
        """Japanese has no blanks to wrap at: what is too long for its column is folded, not cut."""

        def __call__(self, text: str | Text) -> Text:
            highlighted = super().__call__(text)
            highlighted.overflow = "fold"
            return highlighted

    own: dict[str, object] = {**_TYPERS_OWN, "highlighter": Folding()}
    before = {name: getattr(rich_utils, name) for name in own}
    for name, text in own.items():
        setattr(rich_utils, name, text)
    try:
        yield
    finally:
        for name, text in before.items():
            setattr(rich_utils, name, text)


def _paragraphs(text: str | None) -> str | None:
    """Return a help in the language of the run, paragraph by paragraph."""
    if not text or not is_japanese():
        return text
    return "\n\n".join(spoken(" ".join(each.split())) for each in text.split("\n\n"))


class _Spoken:
    """What a verb and a group of verbs do alike; to stand before typer's own class."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.help = _paragraphs(getattr(self, "help", None))
        self.short_help = _paragraphs(getattr(self, "short_help", None))
        for parameter in getattr(self, "params", ()):
            parameter.help = _paragraphs(parameter.help)
        if is_japanese():
            # typer's own class declares them; this one stands before it.
            vars(self).update(options_metavar="[オプション]", subcommand_metavar="コマンド [引数]...")

    def get_usage(self, ctx: Any) -> str:
        """Return the line on how it is called."""
        usage: str = super().get_usage(ctx)  # type: ignore[misc]
        return usage.replace("Usage: ", "使い方: ", 1) if is_japanese() else usage

    def get_help_option(self, ctx: Any) -> Any:
        """Return `--help` itself."""
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = _paragraphs(option.help)
        return option

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        if not is_japanese():
            super().format_help(ctx, formatter)  # type: ignore[misc]
            return
        with _typers_own_in_japanese():
            super().format_help(ctx, formatter)  # type: ignore[misc]


class _SpokenVerb(_Spoken, TyperCommand):
    pass


class _SpokenGroup(_Spoken, TyperGroup):
    pass


class Verbs(typer.Typer):
    """A typer program or group; what a verb's help says is said in the language of the run."""

    def __init__(self, **more: Any) -> None:
        super().__init__(cls=_SpokenGroup, no_args_is_help=True, **more)

    def command(self, name: str | None = None, **more: Any) -> Callable[[_Verb], _Verb]:
        """Take a function as a verb."""
        return super().command(name, cls=_SpokenVerb, **more)
