"""The README against the program: what it names exists, what exists is named, what it shows is so."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

from jlac_mapper import errors
from jlac_mapper.config import PREFIX, Settings
from jlac_mapper.errors import ConfigurationError, JlacMapperError
from jlac_mapper.grpc_api.errors import to_status
from jlac_mapper.tables.cells import guard, unguard
from jlac_mapper.tables.headings import FIELDS, recognise
from jlac_mapper.tables.table import result_columns
from jlac_mapper.types import ASSUMPTIONS, CONFLICTS, Disposition, Reason, System
from tests.meta import readme
from tests.meta.command_lines import PROGRAM, options, problem, verbs

REPOSITORY = readme.REPOSITORY
COMMAND = re.compile(rf"^(?:\S*/)?{PROGRAM}(?= |$)")


def environment(folder: Path) -> dict[str, str]:
    """Return this process's environment with a database of its own and no other setting."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {
        **kept,
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONUTF8": "1",
        f"{PREFIX}DATABASE_URL": f"sqlite:///{folder / 'readme.sqlite3'}",
    }


# --- command lines --------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_is_named(verb: str) -> None:
    assert re.search(rf"{PROGRAM} {verb}\b", readme.text()), f"README.md does not name `{PROGRAM} {verb}`"


@pytest.mark.parametrize("verb", verbs())
def test_every_option_of_a_verb_is_named(verb: str) -> None:
    words = set(re.findall(r"(?<![\w-])--?[a-z][a-z0-9-]*", readme.text()))
    assert options(verbs()[verb]) <= words


def test_the_table_of_options_holds_every_option_of_map_and_no_other() -> None:
    documented = [name for cells in readme.table("option of `map`") for name in readme.names(cells[0])]
    assert sorted(documented) == sorted(options(verbs()["map"]))


def test_every_command_line_shown_can_be_given_as_it_stands() -> None:
    lines = [line for block in readme.blocks("sh") for line in block.splitlines() if COMMAND.match(line)]
    assert len(lines) > 10
    assert {line: problem(line, complete=True) for line in lines} == dict.fromkeys(lines, "")


def test_every_command_named_in_a_sentence_exists() -> None:
    shortened = [f"{PROGRAM} {span}" for span in readme.spans() if re.match(r"(master|train|review) ", span)]
    lines = shortened + [span for span in readme.spans() if COMMAND.match(span)]
    assert lines
    assert {line: problem(line, complete=False) for line in lines} == dict.fromkeys(lines, "")


def test_the_check_of_command_lines_refuses_what_does_not_exist() -> None:
    assert "unknown verb" in problem(f"{PROGRAM} mapp tests.csv", complete=True)
    assert "--fastest" in problem(f"{PROGRAM} map tests.csv --fastest", complete=False)
    assert problem(f"{PROGRAM} map", complete=True)
    assert problem(f"{PROGRAM} map tests.csv --top-k many", complete=True)


def test_every_make_target_named_exists() -> None:
    named = set(re.findall(r"(?:^|`)make (\w+)", readme.text(), re.MULTILINE))
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    assert {"map", "test"} <= named <= targets


# --- tables ---------------------------------------------------------------------------------------


def test_the_output_columns_are_those_of_the_program_in_order() -> None:
    documented = [name for cells in readme.table("column") for name in readme.names(cells[0])]
    assert documented == list(result_columns(5, tuple(System)))


def test_the_input_fields_are_those_of_the_program() -> None:
    assert [readme.names(cells[0]) for cells in readme.table("field")] == [[field] for field in FIELDS]


def test_every_header_named_is_recognised_as_its_field() -> None:
    for field, headers, *_ in readme.table("field"):
        for header in headers.split(";")[0].split(", "):
            assert list(recognise([header])) == readme.names(field), header


def test_the_dispositions_are_those_of_the_program() -> None:
    assert [readme.names(cells[0]) for cells in readme.table("disposition")] == [
        [d.value] for d in Disposition
    ]


def documented_reasons() -> dict[str, list[str]]:
    """Return the reasons under each of the four headings."""
    groups: dict[str, list[str]] = {}
    for part in readme.prose().split("\n#### ")[1:]:
        title, body = part.split("\n", 1)
        rows = re.findall(r"^\| `(\w+)` \|", body.split("\n### ")[0], re.MULTILINE)
        groups[title.split(":")[0]] = rows
    return groups


def test_every_reason_is_explained_once() -> None:
    found = [reason for group in documented_reasons().values() for reason in group]
    assert sorted(found) == sorted(reason.value for reason in Reason)


def test_each_reason_stands_under_what_it_does_to_a_row() -> None:
    groups = {title: set(reasons) for title, reasons in documented_reasons().items()}
    assert groups["Assumptions"] == {*ASSUMPTIONS, Reason.LOW_PROBABILITY}
    assert groups["Contradictions"] == set(CONFLICTS)
    assert groups["Errors"] == {Reason.NAME_EMPTY, Reason.ROW_MALFORMED, Reason.FIELD_TOO_LONG}


def test_every_reason_says_what_a_person_does() -> None:
    rows = readme.table("reason")
    assert len(rows) == len(Reason)
    assert all(len(cells) == 3 and all(cells) for cells in rows)


def test_the_settings_are_those_of_the_program() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        Settings.from_env({f"{PREFIX}NO_SUCH_SETTING": "1"})
    known = re.findall(rf"{PREFIX}\w+", str(refusal.value).split("known:")[1])
    documented = [readme.names(cells[0])[0] for cells in readme.table("variable")]
    assert sorted(documented) == sorted(known)


def test_the_defaults_of_the_settings_are_those_of_the_program() -> None:
    shown = {readme.names(cells[0])[0].removeprefix(PREFIX): cells[2] for cells in readme.table("variable")}
    settings = Settings.from_env({})
    assert float(shown["TARGET_PRECISION"]) == settings.target_precision
    assert int(shown["GRPC_MAX_MESSAGE_BYTES"]) == settings.grpc_max_message_bytes


def test_cells_that_look_like_formulas_are_written_as_shown() -> None:
    rows = readme.table("cell")
    assert rows
    for cells in rows:
        [given], [written] = readme.names(cells[0]), readme.names(cells[1])
        assert guard(given) == written
        assert unguard(written) == given


def error_classes() -> Iterator[type[JlacMapperError]]:
    yield JlacMapperError
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, JlacMapperError):
            yield value


def test_the_errors_of_the_server_have_the_status_and_reason_shown() -> None:
    import grpc

    by_reason = {kind.reason: kind for kind in error_classes()}
    rows = readme.table("status")
    assert rows
    for cells in rows:
        [status], [reason] = readme.names(cells[0]), readme.names(cells[1])
        assert to_status(by_reason[reason]("x")).code == grpc.StatusCode[status].value[0], reason


def test_the_extras_are_those_of_the_package() -> None:
    package = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    documented = [readme.names(cells[0])[0] for cells in readme.table("extra")]
    assert sorted(documented) == sorted(package["project"]["optional-dependencies"])


# --- files ----------------------------------------------------------------------------------------


def tree() -> list[str]:
    """Return the paths of the tree, indented by two blanks a level, folders ending in a slash."""
    folders: list[str] = []
    paths = []
    for line in readme.marked("tree").splitlines():
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


def test_every_link_leads_to_a_file_or_heading() -> None:
    headings = {f"#{line.lstrip('# ').lower().replace(' ', '-')}" for line in re.findall(r"^#+ .*", readme.prose(), re.M)}  # fmt: skip  # noqa: E501
    for target in re.findall(r"\]\(([^)]+)\)", readme.prose()):
        assert target in headings if target.startswith("#") else (REPOSITORY / target).exists(), target


def test_the_layers_are_those_that_the_import_rules_check() -> None:
    rules = ConfigParser()
    rules.read(REPOSITORY / ".importlinter", encoding="utf-8")
    assert (
        readme.marked("layers").split("\n")[:-1]
        == rules["importlinter:contract:layers"]["layers"].split("\n")[1:]
    )


# --- what it shows is what happens ----------------------------------------------------------------


def comparable(line: str) -> str:
    """Return a printed line without the time that it took and without the widths of its columns."""
    return "│ rows/s" if line.startswith("│ rows/s") else re.sub(r"[ ━─]+", " ", line).strip()


def test_the_excerpt_of_make_map_is_what_it_prints(tmp_path: Path) -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    [command] = re.findall(rf"^\t\$\(BIN\)/{PROGRAM} (map .*)$", makefile, re.MULTILINE)
    words = [str(tmp_path / "out.csv") if word.startswith("out/") else word for word in command.split()]
    done = subprocess.run(
        [sys.executable, "-m", "jlac_mapper", *words],
        cwd=REPOSITORY,
        env=environment(tmp_path),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    printed = {comparable(line) for line in (done.stderr + done.stdout).splitlines()}
    excerpt = [comparable(line) for line in readme.marked("make map").splitlines() if line != "..."]
    assert len(excerpt) > 15
    assert [line for line in excerpt if line not in printed and not line.startswith("Output: ")] == [], (
        "run `make map` and copy the lines that changed into README.md"
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


def test_the_client_runs_and_prints_what_is_shown(address: str, tmp_path: Path) -> None:
    script = tmp_path / "client.py"
    patient = readme.marked("client").replace("timeout=10", "timeout=120")  # seconds; machines may be busy
    script.write_text(patient, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), address],
        env=environment(tmp_path),
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == readme.marked("client output")
