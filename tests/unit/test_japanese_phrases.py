"""Every message of the program has Japanese, and finds it."""

import re

import pytest

from jlac_mapper.japanese.phrases import Book, Phrases, in_japanese, templates
from tests.support.english_templates import messages, template

_PLACE = re.compile(r"\{(\d+)(?::ja)?\}")
ALL = [(book, english) for book in Book for english in templates(book)]


def places(text: str) -> list[str]:
    return sorted(_PLACE.findall(text))


def test_every_message_that_an_error_or_a_finding_has_is_in_the_book() -> None:
    found = set(filter(None, messages()))
    assert len(found) > 250
    assert found - set(templates(Book.MESSAGES)) == set()


def test_every_help_of_the_command_line_is_in_the_book() -> None:
    import typer

    from jlac_mapper.cli.main import build_cli

    def helps(command: object) -> list[str]:
        own = [command, *getattr(command, "params", ())]
        texts = [getattr(each, "help", None) or "" for each in own]
        return [*texts, *(t for each in getattr(command, "commands", {}).values() for t in helps(each))]

    found = helps(typer.main.get_command(build_cli()))
    paragraphs = {" ".join(part.split()) for text in found for part in text.split("\n\n") if part}
    assert len(paragraphs) > 100
    assert paragraphs - set(templates(Book.COMMAND_LINE)) == set()


def test_both_languages_hold_the_same_places() -> None:
    assert {e: j for b in Book for e, j in templates(b).items() if places(e) != places(j)} == {}


def test_a_place_is_numbered_once_from_one_on() -> None:
    for _, english in ALL:
        assert places(english) == sorted(str(n) for n in range(1, len(places(english)) + 1)), english


@pytest.mark.parametrize("book", Book)
def test_every_template_finds_its_own_japanese_and_no_other(book: Book) -> None:
    phrases, known = Phrases(templates(book)), templates(book)

    def filled(text: str) -> str:
        return _PLACE.sub(lambda place: f"値{place[1]}", text)

    assert {e: phrases.say(filled(e)) for e in known if phrases.say(filled(e)) != filled(known[e])} == {}


def test_values_are_carried_over_as_they_are_also_where_they_read_like_messages() -> None:
    assert in_japanese("cannot read the list has no rows: Permission denied") == (
        "the list has no rows を読めません: アクセスが許可されていません"
    )


def test_a_message_in_a_message_is_japanese_too() -> None:
    assert in_japanese("/a/b.csv, data row 3: unreadable bytes; correct the labelled table") == (
        "/a/b.csv のデータ 3 行目: 読めない文字があります。正解付きの表を直してください"
    )


def test_a_text_that_nobody_knows_stays_as_it_is() -> None:
    assert in_japanese("Errno 99") == "Errno 99"


def test_a_template_is_read_out_of_the_source_with_its_places_numbered() -> None:
    import ast

    def read(source: str) -> str:
        return template(ast.parse(source, mode="eval").body)

    assert read("f'{a!r} is {b.c:,}; use ' + x") == "{1} is {2}; use {3}"
    assert read("'plain'") == "plain"
    assert read("str(error)") == ""
