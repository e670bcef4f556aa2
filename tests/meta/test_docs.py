"""The documentation against the program: what it names exists, what exists is named, what it shows is so."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path

import pytest

from jlac_mapper import errors
from jlac_mapper.config import PREFIX, Settings
from jlac_mapper.errors import ConfigurationError, JlacMapperError
from jlac_mapper.exports.files import ExportFormat
from jlac_mapper.grpc_api.errors import to_status
from jlac_mapper.tables.cells import guard, unguard
from jlac_mapper.tables.headings import FIELDS, recognise
from jlac_mapper.tables.table import result_columns
from jlac_mapper.types import ASSUMPTIONS, CONFLICTS, Disposition, Reason, System
from tests.meta import pages
from tests.meta.command_lines import PROGRAM, options, problem, verbs
from tests.meta.pages import Guide, Page

REPOSITORY = pages.REPOSITORY
COMMAND = re.compile(rf"^(?:\S*/)?{PROGRAM}(?= |$)")
_ASSIGNMENTS = re.compile(r"^(?:[A-Z_0-9]+=\S+ )+")
_ANCHOR = re.compile(r"^#.*\{ #([\w-]+) \}$", re.MULTILINE)

in_each_language = pytest.mark.parametrize("guide", pages.GUIDES, ids=lambda guide: guide.language)
on_every_page = pytest.mark.parametrize("page", pages.every(), ids=lambda page: page.name)


def environment(folder: Path) -> dict[str, str]:
    """Return this process's environment with a database of its own and no other setting."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {
        **kept,
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONUTF8": "1",
        f"{PREFIX}DATABASE_URL": f"sqlite:///{folder / 'docs.sqlite3'}",
    }


# --- command lines --------------------------------------------------------------------------------


@in_each_language
@pytest.mark.parametrize("verb", verbs())
def test_every_verb_is_named(guide: Guide, verb: str) -> None:
    assert re.search(rf"{PROGRAM} {verb}\b", guide.whole().text), f"no page names `{PROGRAM} {verb}`"


@in_each_language
@pytest.mark.parametrize("verb", verbs())
def test_every_option_of_a_verb_is_named(guide: Guide, verb: str) -> None:
    words = set(re.findall(r"(?<![\w-])--?[a-z][a-z0-9-]*", guide.whole().text))
    assert options(verbs()[verb]) <= words


@in_each_language
def test_the_table_of_options_holds_every_option_of_map_and_no_other(guide: Guide) -> None:
    documented = [name for cells in guide.table("option of `map`") for name in pages.names(cells[0])]
    assert sorted(documented) == sorted(options(verbs()["map"]))


def commands(page: Page) -> list[str]:
    """Return the command lines of this program that a page shows, without settings before them."""
    lines = [_ASSIGNMENTS.sub("", line) for block in page.blocks("sh") for line in block.splitlines()]
    return [line for line in lines if COMMAND.match(line)]


@on_every_page
def test_every_command_line_shown_can_be_given_as_it_stands(page: Page) -> None:
    lines = commands(page)
    assert {line: problem(line, complete=True) for line in lines} == dict.fromkeys(lines, "")


@in_each_language
def test_command_lines_are_shown(guide: Guide) -> None:
    assert len(commands(guide.whole())) > 10


@on_every_page
def test_every_command_named_in_a_sentence_exists(page: Page) -> None:
    shortened = [f"{PROGRAM} {span}" for span in page.spans() if re.match(r"(master|train|review) ", span)]
    lines = shortened + [span for span in page.spans() if COMMAND.match(span)]
    assert {line: problem(line, complete=False) for line in lines} == dict.fromkeys(lines, "")


@in_each_language
def test_commands_are_named_in_sentences(guide: Guide) -> None:
    assert [span for span in guide.whole().spans() if COMMAND.match(span)]


def test_the_check_of_command_lines_refuses_what_does_not_exist() -> None:
    assert "unknown verb" in problem(f"{PROGRAM} mapp tests.csv", complete=True)
    assert "--fastest" in problem(f"{PROGRAM} map tests.csv --fastest", complete=False)
    assert problem(f"{PROGRAM} map", complete=True)
    assert problem(f"{PROGRAM} map tests.csv --top-k many", complete=True)


@on_every_page
def test_every_make_target_named_exists(page: Page) -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([\w-]+)", page.text, re.MULTILINE)) <= targets


# --- tables ---------------------------------------------------------------------------------------


@in_each_language
@pytest.mark.parametrize("table", pages.TABLES)
def test_a_table_stands_on_one_page(guide: Guide, table: str) -> None:
    assert len([page.name for page in guide.pages() if page.table(guide.heading(table))]) == 1


_NAMED = [name for name in pages.TABLES if name not in ("term", "element", "file", "`--llm`")]


@pytest.mark.parametrize("table", _NAMED)
def test_both_languages_have_the_same_lines_in_a_table(table: str) -> None:
    japanese, english = ([pages.names(cells[0]) for cells in guide.table(table)] for guide in pages.GUIDES)
    assert japanese == english


@in_each_language
def test_the_output_columns_are_those_of_the_program_in_order(guide: Guide) -> None:
    documented = [name for cells in guide.table("column") for name in pages.names(cells[0])]
    assert documented == list(result_columns(5, tuple(System)))


@in_each_language
def test_the_input_fields_are_those_of_the_program(guide: Guide) -> None:
    assert [pages.names(cells[0]) for cells in guide.table("field")] == [[field] for field in FIELDS]


@in_each_language
def test_every_header_named_is_recognised_as_its_field(guide: Guide) -> None:
    for field, headers, *_ in guide.table("field"):
        for header in headers.split(";")[0].split(", "):
            assert list(recognise([header])) == pages.names(field), header


@in_each_language
def test_the_dispositions_are_those_of_the_program(guide: Guide) -> None:
    assert [pages.names(cells[0]) for cells in guide.table("disposition")] == [[d.value] for d in Disposition]


def documented_reasons(guide: Guide) -> dict[str, list[str]]:
    """Return the reasons under each of the four headings, by the anchor of the heading."""
    parts = re.split(r"(?m)^## .*\{ #(\w+) \}$", guide.page("reasons").prose())[1:]
    return {
        anchor: re.findall(r"^\| `(\w+)` \|", body, re.MULTILINE)
        for anchor, body in zip(parts[::2], parts[1::2], strict=True)
    }


@in_each_language
def test_every_reason_is_explained_once(guide: Guide) -> None:
    found = [reason for group in documented_reasons(guide).values() for reason in group]
    assert sorted(found) == sorted(reason.value for reason in Reason)


@in_each_language
def test_each_reason_stands_under_what_it_does_to_a_row(guide: Guide) -> None:
    groups = {title: set(reasons) for title, reasons in documented_reasons(guide).items()}
    assert groups["assumptions"] == {*ASSUMPTIONS, Reason.LOW_PROBABILITY}
    assert groups["contradictions"] == set(CONFLICTS)
    assert groups["errors"] == {Reason.NAME_EMPTY, Reason.ROW_MALFORMED, Reason.FIELD_TOO_LONG}


@in_each_language
def test_every_reason_says_what_a_person_does(guide: Guide) -> None:
    rows = guide.table("reason")
    assert len(rows) == len(Reason)
    assert all(len(cells) == 3 and all(cells) for cells in rows)


@in_each_language
def test_the_settings_are_those_of_the_program(guide: Guide) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        Settings.from_env({f"{PREFIX}NO_SUCH_SETTING": "1"})
    known = re.findall(rf"{PREFIX}\w+", str(refusal.value).split("known:")[1])
    documented = [pages.names(cells[0])[0] for cells in guide.table("variable")]
    assert sorted(documented) == sorted(known)


@in_each_language
def test_the_defaults_of_the_settings_are_those_of_the_program(guide: Guide) -> None:
    shown = {pages.names(cells[0])[0].removeprefix(PREFIX): cells[2] for cells in guide.table("variable")}
    settings = Settings.from_env({})
    assert float(shown["TARGET_PRECISION"]) == settings.target_precision
    assert int(shown["GRPC_MAX_MESSAGE_BYTES"]) == settings.grpc_max_message_bytes


@in_each_language
def test_cells_that_look_like_formulas_are_written_as_shown(guide: Guide) -> None:
    rows = guide.table("cell")
    assert rows
    for cells in rows:
        [given], [written] = pages.names(cells[0]), pages.names(cells[1])
        assert guard(given) == written
        assert unguard(written) == given


def error_classes() -> Iterator[type[JlacMapperError]]:
    yield JlacMapperError
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, JlacMapperError):
            yield value


@in_each_language
def test_the_errors_of_the_server_have_the_status_and_reason_shown(guide: Guide) -> None:
    import grpc

    by_reason = {kind.reason: kind for kind in error_classes()}
    rows = guide.table("status")
    assert rows
    for cells in rows:
        [status], [reason] = pages.names(cells[0]), pages.names(cells[1])
        assert to_status(by_reason[reason]("x")).code == grpc.StatusCode[status].value[0], reason


@in_each_language
def test_the_extras_are_those_of_the_package(guide: Guide) -> None:
    package = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    documented = [pages.names(cells[0])[0] for cells in guide.table("extra")]
    assert sorted(documented) == sorted(package["project"]["optional-dependencies"])


@in_each_language
def test_the_formats_of_exports_are_those_of_the_program(guide: Guide) -> None:
    documented = [name for cells in guide.table("format") for name in pages.names(cells[0])]
    assert sorted(documented) == sorted(ExportFormat)


# --- files ----------------------------------------------------------------------------------------

ARCHITECTURE = pages.read(pages.DOCS / "architecture.md")


def tree() -> list[str]:
    """Return the paths of the tree, indented by two blanks a level, folders ending in a slash."""
    folders: list[str] = []
    paths = []
    for line in ARCHITECTURE.marked("tree").splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        name = line.split()[0]
        paths.append("".join(folders[:depth]) + name)
        if name.endswith("/"):
            folders[depth:] = [name]
    return paths


def test_every_path_of_the_tree_exists() -> None:
    paths = tree()
    assert len(paths) > 20
    assert [path for path in paths if not (REPOSITORY / path).exists()] == []


@pytest.mark.parametrize("folder", ["jlac_mapper", "tests"])
def test_every_module_and_package_on_the_first_level_is_in_the_tree(folder: str) -> None:
    hidden = {"__init__.py", "__pycache__", "py.typed", "conftest.py"}
    found = {
        f"{folder}/{path.name}" + ("/" if path.is_dir() else "")
        for path in (REPOSITORY / folder).iterdir()
        if path.name not in hidden and (path.is_file() or any(path.glob("**/*.py")))
    }
    assert found - set(tree()) == set()


def walks() -> list[str]:
    """Return what the walks through the code go by: a file or a module, or a function of one at the top."""
    parts = ARCHITECTURE.text.split("\n## From ")[1:]
    blocks = [block for part in parts for block in Page("", part.split("\n## ")[0]).blocks("text")]
    return [line.split()[0] for block in blocks for line in block.splitlines() if line != "..."]


def test_the_walks_go_by_what_is_there() -> None:
    package = REPOSITORY / "jlac_mapper"
    steps = walks()
    assert len(steps) > 40
    missing = [
        step
        for step in steps
        if not list(package.glob(step))
        and not (package / f"{step}.py").is_file()
        and not (
            "/" not in step
            and hasattr(import_module(f"jlac_mapper.{step.split('.')[0]}"), step.split(".")[-1])
        )
    ]
    assert missing == []


@on_every_page
def test_every_file_named_is_there(page: Page) -> None:
    folders = r"(?:jlac_mapper|master_data|proto|eval|tests|docs)/[\w./*-]+"
    named = [span for span in page.spans() if re.fullmatch(folders, span)]
    assert [path for path in named if not list(REPOSITORY.glob(path))] == []


def test_the_layers_are_those_that_the_import_rules_check() -> None:
    rules = ConfigParser()
    rules.read(REPOSITORY / ".importlinter", encoding="utf-8")
    assert (
        ARCHITECTURE.marked("layers").split("\n")[:-1]
        == rules["importlinter:contract:layers"]["layers"].split("\n")[1:]
    )


# --- two languages, words, decisions --------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(path.stem for path in (pages.DOCS / "en").glob("*.md")))
def test_a_page_shows_the_same_in_both_languages(name: str) -> None:
    japanese, english = (guide.page(name) for guide in pages.GUIDES)
    assert _ANCHOR.findall(japanese.text) == _ANCHOR.findall(english.text)
    assert [c.split("  #")[0].strip() for c in commands(japanese)] == [
        c.split("  #")[0].strip() for c in commands(english)
    ]
    assert [Path(link).name for link in japanese.links() if link.endswith(".png")] == [
        Path(link).name for link in english.links() if link.endswith(".png")
    ]


@pytest.mark.parametrize("name", sorted(path.name for path in (pages.DOCS / "en").glob("*.md")))
def test_a_page_links_to_itself_in_the_other_language(name: str) -> None:
    assert f"en/{name}" in pages.read(pages.DOCS / name).links()
    assert f"../{name}" in pages.read(pages.DOCS / "en" / name).links()


def test_every_page_of_users_is_in_both_languages() -> None:
    in_english_alone = {"accuracy.md", "performance.md", "architecture.md"}
    japanese = {path.name for path in pages.DOCS.glob("*.md")} - in_english_alone
    assert japanese == {path.name for path in (pages.DOCS / "en").glob("*.md")}


@in_each_language
def test_the_glossary_has_every_term_once(guide: Guide) -> None:
    terms = [cells[0] for cells in guide.table("term")]
    assert len(terms) > 40
    assert sorted(terms) == sorted(set(terms))
    assert all(len(cells) == 3 and all(cells) for cells in guide.table("term"))


def test_the_glossaries_hold_the_same_terms_in_one_order() -> None:
    japanese, english = (guide.table("term") for guide in pages.GUIDES)
    assert [(cells[1], cells[0]) for cells in japanese] == [cells[:2] for cells in english]


@in_each_language
def test_the_glossary_tells_every_disposition_and_both_systems(guide: Guide) -> None:
    told = {cell.strip("`") for cells in guide.table("term") for cell in cells[:2]}
    assert {*(d.value for d in Disposition), *(system.value.upper() for system in System)} <= told


def test_every_decision_is_listed_and_says_context_decision_and_consequences() -> None:
    folder = pages.DOCS / "decisions"
    records = [path for path in folder.glob("*.md") if path.name != "README.md"]
    listed = [link for link in pages.read(folder / "README.md").links() if link[0].isdigit()]
    assert listed == sorted(path.name for path in records)
    for path in records:
        words = re.findall(r"^\*\*(\w+)\.?\*\*", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert {"Context", "Decision", "Consequences"} <= set(words), path.name


# --- what it shows is what happens ----------------------------------------------------------------


def comparable(line: str) -> str:
    """Return a printed line without the time that it took and without the widths of its columns."""
    return "│ rows/s" if line.startswith("│ rows/s") else re.sub(r"[ ━─]+", " ", line).strip()


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the lines that `make map` prints, comparable."""
    folder = tmp_path_factory.mktemp("map")
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    [command] = re.findall(rf"^\t\$\(BIN\)/{PROGRAM} (map .*)$", makefile, re.MULTILINE)
    words = [str(folder / "out.csv") if word.startswith("out/") else word for word in command.split()]
    done = subprocess.run(
        [sys.executable, "-m", "jlac_mapper", *words],
        cwd=REPOSITORY,
        env=environment(folder),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return {comparable(line) for line in (done.stderr + done.stdout).splitlines()}


@pytest.mark.parametrize(
    "page",
    [pages.README, pages.README_JA, *(guide.page("start") for guide in pages.GUIDES)],
    ids=lambda page: page.name,
)
def test_the_excerpt_of_make_map_is_what_it_prints(page: Page, printed: set[str]) -> None:
    excerpt = [comparable(line) for line in page.marked("make map").splitlines() if line != "..."]
    assert len(excerpt) > 15
    assert [line for line in excerpt if line not in printed and not line.startswith("Output: ")] == [], (
        f"run `make map` and copy the lines that changed into {page.name}"
    )


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Start the server on a free port."""
    server = subprocess.Popen(
        [sys.executable, "-m", "jlac_mapper", "serve", "--port", "0", "--master", "starter"],
        cwd=REPOSITORY,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        assert line.startswith("jlac-mapper serves on "), "the server ended without an address"
        yield line.split()[-1]
    finally:
        server.terminate()
        server.wait(120)


@in_each_language
def test_the_client_runs_and_prints_what_is_shown(guide: Guide, address: str, tmp_path: Path) -> None:
    page = guide.page("service")
    script = tmp_path / "client.py"
    patient = page.marked("client").replace("timeout=10", "timeout=120")  # seconds; machines may be busy
    script.write_text(patient, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), address],
        env=environment(tmp_path),
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == page.marked("client output")
