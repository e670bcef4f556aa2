"""The map of packages and imports: it counts what is there; what climbs or turns back is seen."""

import importlib.util
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

from tests.meta.pages import DOCS, REPOSITORY

pytest.importorskip("grimp", reason="import-linter is not installed: make setup-dev")
pytest.importorskip("matplotlib", reason="matplotlib is not installed: make setup-dev")

PRODUCT = REPOSITORY / "jlac_mapper"
RED, BLUE = "#d00000", "#0072b2"
RULES = """\
[importlinter]
root_package = {package}

[importlinter:contract:layers]
layers =
    roof
    left | right
    low : lower
    cellar
"""
SOUND = {
    "roof": "from {package} import left, cellar\n",
    "left": "from {package} import low\n\n\nA = 1\n",
    "right": "",
    "low": "from {package} import lower\n",
    "lower": "from {package} import cellar\n",
    "cellar": "",
}


@pytest.fixture(scope="module")
def draw_imports() -> ModuleType:
    """The script, which belongs to no package."""
    spec = importlib.util.spec_from_file_location("draw_imports", DOCS / "draw_imports.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look their module up by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def build(root: Path, package: str, modules: Mapping[str, str]) -> Path:
    """Write a package of its own with rules for it; returns the folder that holds both."""
    (root / package).mkdir()
    (root / package / "__init__.py").touch()
    (root / ".importlinter").write_text(RULES.format(package=package))
    for name, text in modules.items():
        (root / package / f"{name}.py").write_text(text.format(package=package))
    return root


def test_every_room_of_the_product_is_drawn_and_nothing_climbs_or_turns_back(
    draw_imports: ModuleType,
) -> None:
    house = draw_imports.read_house(REPOSITORY)
    rooms = {path.stem for path in PRODUCT.glob("*.py")} - {"__init__"}
    rooms |= {path.parent.name for path in PRODUCT.glob("*/__init__.py")}
    assert set(house.rooms) == rooms
    assert house.climbing == frozenset()
    assert house.circle == ()
    assert ("cli", "bootstrap") in house.imports
    drawn = draw_imports.draw(house)
    texts = [text.text for text in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]
    assert rooms <= set(texts)
    assert house.summary() in texts
    assert "0 of them upwards; no circle" in house.summary()
    assert RED not in drawn


def test_the_same_house_is_drawn_in_the_same_bytes(draw_imports: ModuleType, tmp_path: Path) -> None:
    house = draw_imports.read_house(build(tmp_path, "steady", SOUND))
    assert draw_imports.draw(house) == draw_imports.draw(house)


def test_modules_lines_and_imports_are_counted(draw_imports: ModuleType, tmp_path: Path) -> None:
    build(tmp_path, "counted", SOUND)
    (tmp_path / "counted" / "right.py").unlink()
    (tmp_path / "counted" / "right" / "_pb").mkdir(parents=True)
    for path in ("__init__.py", "deep.py", "_pb/__init__.py", "_pb/made.py"):
        (tmp_path / "counted" / "right" / path).write_text("B = 1\n\n# why\n")
    house = draw_imports.read_house(tmp_path)
    assert {name: (room.modules, room.lines) for name, room in house.rooms.items()} == {
        "roof": (1, 1),
        "left": (1, 2),
        "right": (2, 4),
        "low": (1, 1),
        "lower": (1, 1),
        "cellar": (1, 0),
    }
    assert house.imports == {
        ("roof", "left"),
        ("roof", "cellar"),
        ("left", "low"),
        ("low", "lower"),
        ("lower", "cellar"),
    }
    assert house.climbing == frozenset()


@pytest.mark.parametrize(
    ("package", "importer", "imported"), [("climbing", "cellar", "roof"), ("sideways", "right", "left")]
)
def test_an_import_that_climbs_or_crosses_is_counted_and_red(
    draw_imports: ModuleType, tmp_path: Path, package: str, importer: str, imported: str
) -> None:
    build(tmp_path, package, {**SOUND, importer: f"from {package} import {imported}\n"})
    house = draw_imports.read_house(tmp_path)
    assert house.climbing == {(importer, imported)}
    assert "1 of them upwards" in house.summary()
    assert RED in draw_imports.draw(house)


def test_modules_that_import_each_other_in_a_circle_are_named(
    draw_imports: ModuleType, tmp_path: Path
) -> None:
    build(tmp_path, "round", {**SOUND, "lower": "from round import low\n"})
    house = draw_imports.read_house(tmp_path)
    assert set(house.circle) == {"round.low", "round.lower"}
    assert "a circle: round.low" in house.summary()


def test_a_room_without_a_layer_is_refused(draw_imports: ModuleType, tmp_path: Path) -> None:
    build(tmp_path, "homeless", {**SOUND, "shed": ""})
    with pytest.raises(SystemExit, match=r"no layer in \.importlinter: shed"):
        draw_imports.read_house(tmp_path)


def test_the_table_sets_each_room_before_beside_the_same_room_now(
    draw_imports: ModuleType, tmp_path: Path
) -> None:
    before, now = tmp_path / "before", tmp_path / "now"
    before.mkdir()
    now.mkdir()
    build(before, "house_before", {**SOUND, "low": "A = 1\n" * 1200})
    build(now, "house_now", {name: text for name, text in SOUND.items() if name != "right"})
    lines = draw_imports.table(*map(draw_imports.read_house, (before, now))).splitlines()
    assert "| `low` | 1 | 1 | 1,200 | 1 |" in lines
    assert "| `right` | 1 | – | 0 | – |" in lines
    assert lines[-1] == "| together | 6 | 5 | 1,204 | 5 |"


def test_both_pictures_are_shown_and_described_on_the_page_on_the_architecture() -> None:
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[([^\]]+)\]\(pictures/(\S+)\)", page)
    assert {name for _, name in shown} == {path.name for path in (DOCS / "pictures").glob("*.svg")}
    drawn = {name: (DOCS / "pictures" / name).read_text(encoding="utf-8") for _, name in shown}
    assert all("imports between rooms, 0 of them upwards; no circle" in text for text in drawn.values())
