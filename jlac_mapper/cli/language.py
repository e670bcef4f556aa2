"""The language that the command line speaks: chosen once a run; English is the source of every text."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from jlac_mapper.wording import Language

OPTION = "--lang"
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
_language = ContextVar("language", default=Language.ENGLISH)


def of_locale(environment: Mapping[str, str]) -> Language:
    """Return the language of the locale: the first of its variables that is set decides."""
    locale = next((environment[name] for name in _LOCALE if environment.get(name)), "")
    return Language.JAPANESE if locale.startswith(Language.JAPANESE) else Language.ENGLISH


def taken_out(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """Return what `--lang` is given, the last one where it stands twice, and the arguments without it."""
    chosen = ""
    left: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            return chosen, [*left, word, *words]
        if word == OPTION:
            chosen = next(words, " ")  # no language; it is refused as such
        elif word.startswith(f"{OPTION}="):
            chosen = word.partition("=")[2] or " "
        else:
            left.append(word)
    return chosen, left


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak *language* while the block runs."""
    before = _language.set(language)
    try:
        yield
    finally:
        _language.reset(before)


def language() -> Language:
    """Return the language of this run."""
    return _language.get()


def is_japanese() -> bool:
    """Whether the command line speaks Japanese."""
    return _language.get() is Language.JAPANESE


def spoken(text: str) -> str:
    """Return a text of the program in the language of this run."""
    if not is_japanese():
        return text
    from jlac_mapper.japanese.phrases import Book, phrases

    return phrases(*Book).say(text)
