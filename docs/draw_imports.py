"""
Draws the packages of jlac_mapper, and what imports what, from import-linter's graph: `make imports`.

A room is a package or module on the first level. The rooms stand in the layers of `.importlinter`, highest
first, so an arrow that points upwards is an import that climbs; it is drawn red and counted. The state of an
earlier commit is drawn from that commit's files. Modules and lines are counted without what protoc generates.
"""

import argparse
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from configparser import ConfigParser
from contextlib import contextmanager
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from io import BytesIO
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grimp
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

REPOSITORY = Path(__file__).parent.parent
PICTURES = REPOSITORY / "docs" / "pictures"
ARCHITECTURE = REPOSITORY / "docs" / "architecture.md"
BEGIN, END = "<!-- rooms: begin -->\n", "<!-- rooms: end -->"
_GENERATED = "_pb"
_STYLE = {"svg.fonttype": "none", "svg.hashsalt": "rooms", "font.family": ["DejaVu Sans"], "font.size": 8.5}
_ARROW: dict[str, Any] = {"shrinkA": 0, "shrinkB": 0}
_DIRECT = {"arrowstyle": "-|>", "color": "#0072b2", "linewidth": 1.1}
_CLIMBS = {**_DIRECT, "color": "#d00000"}
_IMPLIED = {"arrowstyle": "-", "color": "#9aa1ab", "linewidth": 0.5, "alpha": 0.45}
"""An import that a longer way through other rooms makes too: thin, so that the others can be seen."""
_ROOM: dict[str, Any] = {
    "boxstyle": "round,pad=0,rounding_size=4",
    "facecolor": "#eef4f9",
    "edgecolor": "#0072b2",
    "zorder": 3,
}
_POINTS = 72
_COLUMNS, _WIDTH, _HEIGHT = 7, 130.0, 52.0
"""Places for a room in a layer; a place's width and a layer's height in points."""
_BOX = (108.0, 30.0)
_NEAR, _BEHIND = 0.55, 8
"""Columns between an arrow and a room's middle where it runs behind the room; what that costs, in columns."""

Edge = tuple[str, str]
"""Importer and imported."""


@dataclass(frozen=True, slots=True)
class Room:
    """A package or module on the first level; *lines* are those that are not blank."""

    modules: int
    lines: int


@dataclass(frozen=True, slots=True)
class House:
    """The rooms by name, the layers from the highest, and the imports between rooms."""

    rooms: Mapping[str, Room]
    layers: Sequence[Sequence[str]]
    imports: frozenset[Edge]
    climbing: frozenset[Edge]
    """Imports that point upwards, or between rooms of one layer that must not know each other."""
    circle: Sequence[str]
    """Modules that import each other in a circle, one such circle; empty where there is none."""

    def summary(self) -> str:
        """Return what is counted, in one line."""
        modules = sum(room.modules for room in self.rooms.values())
        circle = f"a circle: {' -> '.join(self.circle)}" if self.circle else "no circle"
        return (
            f"{len(self.rooms)} rooms of {modules} modules; {len(self.imports)} imports between rooms, "
            f"{len(self.climbing)} of them upwards; {circle}"
        )


def read_house(root: Path) -> House:
    """
    Read the package that `.importlinter` names in *root*, and its imports, without running any of it.

    Raises:
        SystemExit: A room has no layer.
    """
    rules = ConfigParser()
    rules.read_string((root / ".importlinter").read_text(encoding="utf-8"))
    package = rules["importlinter"]["root_package"]
    lines = rules["importlinter:contract:layers"]["layers"].split("\n")[1:]
    layers = [line.replace("|", " ").replace(":", " ").split() for line in lines]
    with _searched_first(root):
        graph = grimp.build_graph(package, cache_dir=None)
    names = {child: child.removeprefix(f"{package}.") for child in graph.find_children(package)}
    rooms = {name: _measure(root / package, name) for name in sorted(names.values())}
    rooms = {name: room for name, room in rooms.items() if room.modules}
    if homeless := set(rooms) - {name for layer in layers for name in layer}:
        raise SystemExit(f"no layer in .importlinter: {', '.join(sorted(homeless))}")
    imports = {
        (names[one], names[other])
        for one, other in product(names, names)
        if one != other and graph.direct_import_exists(importer=one, imported=other, as_packages=True)
    }
    floor = {name: number for number, layer in enumerate(layers) for name in layer}
    free = {name for line in lines if ":" in line for name in line.replace(":", " ").split()}
    climbing = {
        (one, other)
        for one, other in imports
        if floor[one] > floor[other] or (floor[one] == floor[other] and one not in free)
    }
    modules = {
        each: graph.find_modules_directly_imported_by(each) for each in graph.modules if each != package
    }
    return House(rooms, layers, frozenset(imports), frozenset(climbing), _circle(modules, package))


@contextmanager
def _searched_first(root: Path) -> Iterator[None]:
    """Let Python find packages in *root* before all others."""
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))


def _measure(package: Path, name: str) -> Room:
    folder = package / name
    files = sorted(folder.rglob("*.py")) if folder.is_dir() else [package / f"{name}.py"]
    texts = [file.read_text(encoding="utf-8") for file in files if _GENERATED not in file.parts]
    return Room(len(texts), sum(bool(line.strip()) for text in texts for line in text.splitlines()))


def _circle(imports: Mapping[str, set[str]], package: str) -> Sequence[str]:
    try:
        # What the package itself offers by name is loaded when it is asked for: no module waits for it.
        TopologicalSorter({one: others - {package} for one, others in imports.items()}).prepare()
    except CycleError as error:
        return tuple(error.args[1])
    return ()


def draw(house: House) -> str:
    """Return the house as SVG, the same bytes for the same house."""
    places = _places(house)
    width, height = _COLUMNS * _WIDTH, len(house.layers) * _HEIGHT + 24
    with rc_context(_STYLE):
        figure = Figure(figsize=(width / _POINTS, height / _POINTS))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, width), ylim=(height, 0))
        axes.axis("off")
        direct = _direct(house.imports)
        for edge in sorted(house.imports, key=lambda edge: (edge in house.climbing, edge in direct, edge)):
            (left, top), (right, bottom) = (places[name] for name in edge)
            half = _BOX[1] / 2 if bottom > top else -_BOX[1] / 2
            style = _CLIMBS if edge in house.climbing else _DIRECT if edge in direct else _IMPLIED
            axes.annotate("", (right, bottom - half), (left, top + half), arrowprops={**_ARROW, **style})
        for name, (across, down) in places.items():
            room = house.rooms[name]
            corner = (across - _BOX[0] / 2, down - _BOX[1] / 2)
            axes.add_patch(FancyBboxPatch(corner, *_BOX, **_ROOM))
            axes.text(across, down - 5.5, name, ha="center", va="center", weight="bold", zorder=4)
            counted = f"{room.modules} {'module' if room.modules == 1 else 'modules'}, {room.lines:,} lines"
            axes.text(across, down + 6.5, counted, ha="center", va="center", fontsize=7, zorder=4)
        axes.text(width / 2, height - 12, house.summary(), ha="center", va="center")
        drawn = BytesIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    return drawn.getvalue().decode()


def _direct(imports: frozenset[Edge]) -> set[Edge]:
    """Return the imports that no longer way through other rooms makes too."""
    below: dict[str, set[str]] = {}
    for one, other in imports:
        below.setdefault(one, set()).add(other)
    reached: dict[str, set[str]] = {}

    def reach(name: str) -> set[str]:
        if name not in reached:
            reached[name] = set()
            reached[name] = {each for other in below.get(name, ()) for each in (other, *reach(other))}
        return reached[name]

    return {
        (one, other)
        for one, other in imports
        if not any(other in reach(between) for between in below[one] - {other})
    }


def _places(house: House) -> dict[str, tuple[float, float]]:
    """
    Return the middle of each room in points: its layer is its height, its column is searched.

    Columns change one room at a time while fewer drawn arrows run behind a room, or arrows get shorter.
    """
    floors = [sorted(set(layer) & set(house.rooms)) for layer in house.layers]
    floor = {name: number for number, names in enumerate(floors) for name in names}
    column = {name: (_COLUMNS - len(names)) // 2 + i for names in floors for i, name in enumerate(names)}
    arrows = sorted(_direct(house.imports) | house.climbing)

    def cost(column: Mapping[str, int]) -> float:
        whole = 0.0
        for one, other in arrows:
            whole += abs(column[one] - column[other])
            low, high = sorted((floor[one], floor[other]))
            slope = (column[other] - column[one]) / ((floor[other] - floor[one]) or 1)
            for between in range(low + 1, high):
                across = column[one] + slope * (between - floor[one])
                whole += sum(_BEHIND for name in floors[between] if abs(column[name] - across) < _NEAR)
        return whole

    best, before = cost(column), float("inf")
    while best < before:
        before = best
        for name, there in product(floor, range(_COLUMNS)):
            in_the_way = [other for other in floors[floor[name]] if column[other] == there]
            moved = {**column, **dict.fromkeys(in_the_way, column[name]), name: there}
            if (now := cost(moved)) < best:
                best, column = now, moved
    return {name: ((column[name] + 0.5) * _WIDTH, (floor[name] + 0.5) * _HEIGHT) for name in floor}


def table(before: House, now: House) -> str:
    """Return the modules and lines of each room, before and now, in Markdown, in the order of layers."""
    order = [
        name for house in (now, before) for layer in house.layers for name in layer if name in house.rooms
    ]
    lines = ["| room | modules before | modules now | lines before | lines now |", "|---|--:|--:|--:|--:|"]
    for name in dict.fromkeys(order):
        rooms = [house.rooms.get(name) for house in (before, now)]
        cells = [f"{room.modules:,}" if room else "–" for room in rooms]
        cells += [f"{room.lines:,}" if room else "–" for room in rooms]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    sums = [sum(room.modules for room in house.rooms.values()) for house in (before, now)]
    sums += [sum(room.lines for room in house.rooms.values()) for house in (before, now)]
    lines.append(f"| together | {' | '.join(f'{each:,}' for each in sums)} |")
    return "\n".join(lines) + "\n"


@contextmanager
def _files_of(commit: str) -> Iterator[Path]:
    """Lay the product's files of *commit* into a folder of their own."""
    command = ["git", "archive", "--format=tar", commit, ".importlinter", "jlac_mapper"]
    packed = subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE).stdout
    with TemporaryDirectory() as folder:
        with tarfile.open(fileobj=BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)


def main(words: Sequence[str] | None = None) -> None:
    """Write the pictures, and the table into the page on the architecture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--before", metavar="COMMIT", required=True, help="what the present state is compared with"
    )
    parser.add_argument("--table", action="store_true", help="print the table only, and write nothing")
    options = parser.parse_args(words)
    with _files_of(options.before) as folder:
        before = read_house(folder)
    now = read_house(REPOSITORY)
    if options.table:
        print(table(before, now), end="")
        return
    for name, house in (("imports", now), ("imports-before", before)):
        (PICTURES / f"{name}.svg").write_text(draw(house), encoding="utf-8")
        print(f"docs/pictures/{name}.svg: {house.summary()}")
    head, rest = ARCHITECTURE.read_text(encoding="utf-8").split(BEGIN)
    tail = rest.split(END)[1]
    ARCHITECTURE.write_text(f"{head}{BEGIN}{table(before, now)}{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
