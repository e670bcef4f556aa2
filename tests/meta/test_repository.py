"""Rules for every file of the repository, and the wheel that is built from it."""

import ast
import csv
import os
import re
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import pytest

from tests.meta.pages import REPOSITORY

# Homes and temporary folders of one machine, registries, addresses inside one network.
_FOREIGN = re.compile(
    "|".join(
        (
            r"(?<![\w.$}/:-])/(?:work|home|root|Users|mnt|tmp)/",
            r"\b[A-Z]:\\\\?(?:Users|work)",
            r"\bpypi\.org|pythonhosted\.org|\bhf\.co\b|huggingface\.co\b",
            r"\b(?:ghcr|gcr|quay|docker)\.io\b|artifactory|index-url",
            r"\b(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}\b",
        )
    )
)


@cache
def tracked() -> tuple[Path, ...]:
    """Return the files that git has, or would take, that are there."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        capture_output=True,
        encoding="utf-8",
    )
    if listed.returncode:
        pytest.skip("not a git checkout: the list of files is not known")
    files = [REPOSITORY / name for name in listed.stdout.split("\0") if name]
    return tuple(sorted({file for file in files if file.is_file()}))


def name_of(file: Path) -> str:
    return file.relative_to(REPOSITORY).as_posix()


def modules() -> list[Path]:
    """Return the Python files that people write."""
    return [file for file in tracked() if file.suffix == ".py" and "_pb" not in file.parts]


def test_no_file_names_a_place_of_one_machine_or_a_registry() -> None:
    found = []
    for file in tracked():
        if file == Path(__file__):  # holds examples of what is looked for
            continue
        content = file.read_bytes()
        if b"\0" in content:
            continue
        lines = content.decode("utf-8").splitlines()
        found += [f"{name_of(file)}:{n}: {line}" for n, line in enumerate(lines, 1) if _FOREIGN.search(line)]
    assert found == []


@pytest.mark.parametrize("text", ['open("/home/me/x")', "/tmp/x.csv", "https://pypi.org/simple", "10.1.2.3"])
def test_the_search_finds_such_places(text: str) -> None:
    assert _FOREIGN.search(text)


@pytest.mark.parametrize("text", ["../shared/data", "sqlite:////srv/jlac", "a/tmp/b", "0.10.1", "x/home/y"])
def test_the_search_leaves_other_texts_alone(text: str) -> None:
    assert not _FOREIGN.search(text)


def test_every_module_says_what_it_is() -> None:
    sources = {name_of(file): file.read_text(encoding="utf-8") for file in modules()}
    assert [n for n, s in sources.items() if s.strip() and not ast.get_docstring(ast.parse(s))] == []


def test_the_median_module_is_near_100_lines() -> None:
    product = [
        f for f in modules() if f.is_relative_to(REPOSITORY / "jlac_mapper") and f.name != "__init__.py"
    ]
    lengths = sorted(len(f.read_text(encoding="utf-8").splitlines()) for f in product)
    assert 60 <= lengths[len(lengths) // 2] <= 160


def test_the_table_of_the_shipped_data_names_every_file() -> None:
    page = (REPOSITORY / "master_data" / "README.md").read_text(encoding="utf-8")
    shipped = [f for f in (REPOSITORY / "master_data").iterdir() if f.name != "README.md"]
    shipped += (REPOSITORY / "master_data" / "starter").glob("*.csv")
    assert [f.name for f in shipped if f.name not in page] == []


# --- the wheel ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel; pip fetches the build backend from the package index."""
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--wheel-dir",
            str(folder),
            str(REPOSITORY),
        ],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
    )
    unreachable = ("No matching distribution found for hatchling", "timed out", "Connection", "HTTP error")
    if built.returncode and any(word in built.stderr for word in unreachable):
        pytest.skip("no package index can be reached: the build backend is not installed")
    assert built.returncode == 0, built.stderr
    [file] = folder.glob("*.whl")
    return file


@pytest.mark.slow
def test_the_wheel_holds_the_package_the_master_data_and_the_migrations(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    package = {
        name_of(f)
        for f in tracked()
        if f.is_relative_to(REPOSITORY / "jlac_mapper") and f.suffix in (".py", ".pyi", ".typed")
    }
    data = {
        f"jlac_mapper/_master_data/{f.relative_to(REPOSITORY / 'master_data').as_posix()}"
        for f in tracked()
        if f.is_relative_to(REPOSITORY / "master_data")
    }
    assert package - held == set()
    assert data - held == set()
    assert any(re.fullmatch(r"jlac_mapper/storage/migrations/versions/v\d+_\w+\.py", name) for name in held)


@pytest.mark.slow
def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        others = [
            n for n in archive.namelist() if not n.startswith("jlac_mapper/") and ".dist-info/" not in n
        ]
    assert others == []


@pytest.mark.slow
def test_what_is_in_the_wheel_maps_a_row_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site, work = tmp_path / "site", tmp_path / "work"
    work.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (work / "tests.csv").write_text("検査名,材料,単位\nAST(GOT),血清,U/L\n", encoding="utf-8")
    environ = {k: v for k, v in os.environ.items() if not k.startswith("JLAC_MAPPER_")}
    environ |= {"PYTHONPATH": str(site), "JLAC_MAPPER_DATABASE_URL": f"sqlite:///{work / 'jlac.sqlite3'}"}
    # The folder of the wheel comes before the checkout that the tests are installed from.
    program = (
        "import jlac_mapper, sys; from pathlib import Path; from jlac_mapper.cli.main import main; "
        f"assert Path(jlac_mapper.__file__).is_relative_to({str(site)!r}), jlac_mapper.__file__; "
        "sys.exit(main(['map', 'tests.csv', '--master', 'starter']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=work, env=environ, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    with (work / "tests.jlac11.csv").open(encoding="utf-8-sig", newline="") as file:
        [row] = csv.DictReader(file)
    assert (row["disposition"], row["jlac11"]) == ("ACCEPTED", "C20080000250000F7")
