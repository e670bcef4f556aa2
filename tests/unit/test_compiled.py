"""What is kept between runs: used where nothing changed, made anew where anything is wrong or another's."""

import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from jlac_mapper.compiled import compiled
from jlac_mapper.concepts.loader import load_vocabulary
from jlac_mapper.config import cache_dir
from jlac_mapper.errors import MasterFileError
from tests.unit.test_concept_tables import TABLES, add_line

MADE = {"尿蛋白": ("urine_protein", 1), "総蛋白": ("total_protein", 2)}


class Maker:
    """Makes something and counts how often."""

    def __init__(self, made: object = MADE) -> None:
        self.made, self.times = made, 0

    def __call__(self) -> object:
        self.times += 1
        return self.made


class Trap:
    """What another person may plant: unpickling it leaves a mark."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.mark),)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own; it is not there yet."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("JLAC_MAPPER_CACHE", str(folder))
    monkeypatch.setattr("jlac_mapper.compiled.WORTH_KEEPING", 0.0)
    return folder


def kept_file(cache: Path) -> Path:
    """Keep what is made, and return its one file."""
    assert compiled("words", ["tables"], Maker()) == MADE
    (file,) = cache.iterdir()
    return file


# --- used again


def test_what_was_made_is_made_once(cache: Path) -> None:
    maker = Maker()
    assert [compiled("words", ["a", b"b"], maker) for _ in range(3)] == [MADE] * 3
    assert maker.times == 1
    assert len(list(cache.iterdir())) == 1


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("sources", [["ab"], [b"a", "c"], ["a"], ["", "ab"], ["a", "b", ""], ["b", "a"], []])
def test_anything_else_that_it_is_made_of_makes_it_anew(sources: list[bytes | str]) -> None:
    compiled("words", ["a", "b"], Maker("old"))
    assert compiled("words", sources, Maker("new")) == "new"
    assert compiled("words", ["a", "b"], Maker("again")) == "old"
    assert compiled("names", ["a", "b"], Maker("another kind")) == "another kind"


@pytest.mark.usefixtures("cache")
def test_a_text_and_its_bytes_are_one_source() -> None:
    compiled("words", ["尿"], Maker("old"))
    assert compiled("words", ["尿".encode()], Maker("new")) == "old"


def test_what_cannot_be_made_is_not_kept_and_its_error_is_told(cache: Path) -> None:
    def broken() -> object:
        raise MasterFileError("words/units.csv, line 3: wrong")

    for _ in range(2):
        with pytest.raises(MasterFileError, match="line 3"):
            compiled("words", ["tables"], broken)
    assert not cache.exists()


def test_a_few_files_of_a_kind_stay_and_those_of_other_kinds_are_left(cache: Path) -> None:
    compiled("names", ["other"], Maker())
    for number in range(6):
        compiled("words", [str(number)], Maker(number))
        newest = max(cache.glob("words-*"), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, (number, number))  # a clear order, whatever the clock's steps
    names = [path.name.rpartition("-")[0] for path in cache.iterdir()]
    assert sorted(names) == ["names", "words", "words", "words"]
    again = Maker()
    assert [compiled("words", [str(number)], again) for number in (5, 4, 3)] == [5, 4, 3]
    assert again.times == 0


# --- the folder


def test_the_folder_and_its_files_are_for_their_owner_alone(cache: Path) -> None:
    file = kept_file(cache)
    assert cache.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o077 == 0


def test_off_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JLAC_MAPPER_CACHE", "off")
    maker = Maker()
    assert [compiled("words", ["tables"], maker) for _ in range(2)] == [MADE] * 2
    assert (maker.times, cache_dir(), list(tmp_path.iterdir())) == (2, None, [])


def test_the_users_own_cache_is_used_where_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("JLAC_MAPPER_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = cache_dir()
    assert folder is not None
    assert folder.name == "jlac-mapper"


@pytest.mark.parametrize("place", ["file", "below a file"])
def test_a_folder_that_cannot_be_made_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "file").write_text("a file", "utf-8")
    monkeypatch.setenv("JLAC_MAPPER_CACHE", str(tmp_path / ("file" if place == "file" else "file/cache")))
    maker = Maker()
    assert [compiled("words", ["tables"], maker) for _ in range(2)] == [MADE] * 2
    assert maker.times == 2
    assert (tmp_path / "file").read_text("utf-8") == "a file"


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777, 0o1777])
def test_a_folder_that_others_may_write_to_is_neither_read_nor_written(
    cache: Path, tmp_path: Path, mode: int
) -> None:
    file = kept_file(cache)
    file.write_bytes(pickle.dumps(Trap(tmp_path / "mark")))
    cache.chmod(mode)
    planted = file.read_bytes()
    maker = Maker()
    assert [compiled("words", ["tables"], maker), compiled("words", ["others"], maker)] == [MADE] * 2
    assert maker.times == 2
    assert not (tmp_path / "mark").exists()
    assert [(path, path.read_bytes()) for path in cache.iterdir()] == [(file, planted)]


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_neither_read_nor_written(cache: Path, tmp_path: Path) -> None:
    file = kept_file(cache)
    file.write_bytes(pickle.dumps(Trap(tmp_path / "mark")))
    os.chown(cache, 4321, -1)
    maker = Maker()
    assert [compiled("words", ["tables"], maker), compiled("words", ["others"], maker)] == [MADE] * 2
    assert (maker.times, list(cache.iterdir())) == (2, [file])
    assert not (tmp_path / "mark").exists()


# --- damage

WHOLE = pickle.dumps(MADE, protocol=pickle.HIGHEST_PROTOCOL)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 200,
        b"no pickle at all",
        WHOLE[:-1],
        WHOLE[: len(WHOLE) // 2],
        WHOLE[1:],
        b"cjlac_mapper.no_such_module\nThing\n.",
        b"cjlac_mapper.vocabulary\nNoSuchThing\n.",
        b"cbuiltins\nint\n(S'x'\ntR.",
        b"\x80\xff.",
        b"\x80\x05\x8a\xff",
    ],
)
def test_a_file_that_cannot_be_read_is_made_anew_and_replaced(cache: Path, content: bytes) -> None:
    file = kept_file(cache)
    file.write_bytes(content)
    maker = Maker()
    assert [compiled("words", ["tables"], maker) for _ in range(2)] == [MADE] * 2
    assert maker.times == 1
    assert list(cache.iterdir()) == [file]


def test_a_folder_in_the_place_of_a_file_does_no_harm(cache: Path) -> None:
    file = kept_file(cache)
    file.unlink()
    file.mkdir()
    assert compiled("words", ["tables"], Maker()) == MADE
    assert list(cache.iterdir()) == [file]


def test_a_file_with_one_character_changed_is_not_used(cache: Path) -> None:
    file = kept_file(cache)
    assert "総".encode() in file.read_bytes()
    file.write_bytes(file.read_bytes().replace("総".encode(), "純".encode()))
    assert compiled("words", ["tables"], Maker()) == MADE


# --- the vocabulary


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A small vocabulary that a test may change."""
    for name, (header, *lines) in TABLES.items():
        path = tmp_path / "tables" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([",".join(header), *lines]) + "\n", encoding="utf-8")
    return tmp_path / "tables"


def test_a_vocabulary_is_the_same_from_the_cache(cache: Path, tables: Path) -> None:
    made = load_vocabulary(tables)
    (file,) = cache.glob("vocabulary-*.pickle")
    written = file.stat().st_ino
    again = load_vocabulary(tables)
    assert again == made
    assert [name.key for name in again.names] == [name.key for name in made.names]
    assert file.stat().st_ino == written
    file.write_bytes(file.read_bytes()[:-100])
    assert load_vocabulary(tables) == made


@pytest.mark.usefixtures("cache")
def test_a_changed_table_is_read_again_and_a_wrong_one_is_refused(tables: Path) -> None:
    before = load_vocabulary(tables)
    add_line(tables / "names" / "urine.csv", "U-TP,urine_protein,abbreviation,,,,")
    after = load_vocabulary(tables)
    assert [name.text for name in after.names if name not in before.names] == ["U-TP"]
    number = add_line(tables / "names" / "urine.csv", "U-TP,urine_protein,abbreviation,,,,")
    for _ in range(2):
        with pytest.raises(MasterFileError, match=rf"names/urine\.csv, line {number}"):
            load_vocabulary(tables)
    shutil.rmtree(tables / "names")
    with pytest.raises(MasterFileError, match="names holds no table"):
        load_vocabulary(tables)


@pytest.mark.usefixtures("cache")
def test_families_and_principles_are_part_of_what_is_read(tables: Path) -> None:
    bare = load_vocabulary(tables)
    assert (bare.families, bare.principles) == ((), ())
    (tables / "families").mkdir()
    (tables / "families" / "urine.csv").write_text(
        "kind,key,texts\nstem,urine,尿|ハルン\npattern,{}_protein,{}プロテイン|{}タンパク\n", "utf-8"
    )
    (tables / "words" / "principles.csv").write_text(
        "code,name_ja,name_en,families,spellings\n271,可視吸光光度法,Absorbance,photometry,比色法|吸光度法\n",
        "utf-8",
    )
    full = load_vocabulary(tables)
    assert [name.text for name in full.names[len(bare.names) :]] == ["尿プロテイン", "ハルンプロテイン"]
    (family,) = full.families
    assert family.stems == {"urine": ("尿", "ハルン")}
    (principle,) = full.principles
    assert (principle.code, principle.families, principle.spellings) == (
        "271",
        ("photometry",),
        ("比色法", "吸光度法"),
    )


@pytest.mark.usefixtures("cache")
def test_a_table_that_was_moved_to_another_folder_is_read_again(tables: Path) -> None:
    load_vocabulary(tables)
    (tables / "families").mkdir()
    (tables / "concepts" / "urine.csv").rename(tables / "families" / "urine.csv")
    with pytest.raises(MasterFileError, match="is in no table"):
        load_vocabulary(tables)
