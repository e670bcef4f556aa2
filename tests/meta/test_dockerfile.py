"""The image's recipe against the program; no container engine is needed."""

import json
import re
import shlex
import tomllib
from fnmatch import fnmatch

import pytest

from jlac_mapper.config import PREFIX, Settings
from tests.meta import pages
from tests.meta.command_lines import options, problem_of_words, verbs

REPOSITORY = pages.REPOSITORY


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's (instruction, argument) pairs, continued lines joined."""
    lines = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    joined = "\n".join(line for line in lines if not line.lstrip().startswith("#")).replace("\\\n", " ")
    pairs = (line.split(None, 1) for line in joined.splitlines() if line.strip())
    return [(name, " ".join(argument.split())) for name, argument in pairs]


def last(name: str) -> str:
    """Return the argument of the last such instruction: the one in force."""
    return [argument for found, argument in instructions() if found == name][-1]


def copied() -> list[str]:
    """Return what is copied from the build's folder."""
    arguments = [argument for name, argument in instructions() if name == "COPY"]
    return [s for a in arguments if not a.startswith("--from=") for s in shlex.split(a)[:-1]]


def test_what_is_copied_is_in_the_repository_or_made_by_the_command_above_it() -> None:
    comments = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    made = set(re.findall(r"^#\s+pip wheel --wheel-dir (\S+)", comments, re.MULTILINE))
    assert [source for source in copied() if source not in made and not (REPOSITORY / source).exists()] == []


def test_stages_are_copied_from_stages_that_exist() -> None:
    stages = {
        argument.split()[-1] for name, argument in instructions() if name == "FROM" and " AS " in argument
    }
    used = {m for name, a in instructions() if name == "COPY" for m in re.findall(r"--from=(\S+)", a)}
    assert used
    assert used <= stages


def test_the_dockerignore_lets_through_what_is_copied_and_nothing_else() -> None:
    rules = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [rule for rule in rules if rule and not rule.startswith("#")]

    def ignored(path: str) -> bool:
        verdict = False
        for rule in rules:
            if fnmatch(path, rule.removeprefix("!")):
                verdict = not rule.startswith("!")
        return verdict

    assert [source for source in copied() if ignored(source)] == []
    assert [name for name in ("out", ".git", ".venv", "tests", "hospital.csv") if not ignored(name)] == []


def test_the_extras_exist_and_are_those_of_the_command_above() -> None:
    package = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    extras = set(package["project"]["optional-dependencies"])
    text = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    lists = re.findall(r"'(?:\.|jlac-mapper)\[([\w,]+)\]'", text)
    assert len(lists) == 2
    assert len(set(lists)) == 1
    assert set(lists[0].split(",")) <= extras


def test_the_python_of_the_image_is_one_that_the_package_takes() -> None:
    package = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    least = tuple(map(int, package["project"]["requires-python"].removeprefix(">=").split(".")))
    versions = [re.match(r"python:(\d+)\.(\d+)-slim\b", a) for name, a in instructions() if name == "FROM"]
    assert versions
    assert all(version and tuple(map(int, version.groups())) >= least for version in versions)


def test_the_image_serves_by_default_with_options_that_exist() -> None:
    words = [*json.loads(last("ENTRYPOINT")), *json.loads(last("CMD"))]
    assert words[:2] == ["jlac-mapper", "serve"]
    assert problem_of_words(words[1:], complete=True) == ""
    assert words[words.index("--host") + 1] == "0.0.0.0"


def test_the_health_check_asks_the_port_that_is_served_and_exposed() -> None:
    command = json.loads(last("HEALTHCHECK").split(" CMD ")[1])
    assert command[:2] == ["jlac-mapper", "health"]
    assert problem_of_words(command[1:], complete=True) == ""
    defaults = {p.name: p.default for verb in ("serve", "health") for p in verbs()[verb].params}
    assert last("EXPOSE") == str(defaults["port"])
    assert defaults["address"].endswith(f":{defaults['port']}")


def test_the_health_check_gives_up_before_the_engine_does() -> None:
    engine = re.search(r"--timeout=(\d+)s", last("HEALTHCHECK"))
    command = json.loads(last("HEALTHCHECK").split(" CMD ")[1])
    assert "--timeout" in options(verbs()["health"])
    assert engine is not None
    assert float(command[command.index("--timeout") + 1]) < int(engine[1])


def test_the_program_runs_without_rights_and_keeps_its_database_in_the_volume() -> None:
    names = [name for name, _ in instructions()]
    assert last("USER") not in ("0", "root")
    assert names.index("USER") > len(names) - 1 - names[::-1].index("RUN")
    environ = dict(re.findall(rf'({PREFIX}\w+)="([^"]*)"', last("ENV")))
    url = Settings.from_env(environ).database_url
    assert url.startswith(f"sqlite:///{last('VOLUME')}/")


@pytest.mark.parametrize("guide", pages.GUIDES, ids=lambda guide: guide.language)
@pytest.mark.parametrize("line", ["docker run", "docker build", "pip wheel --wheel-dir dist"])
def test_the_documentation_says_how_the_image_is_made_and_run(line: str, guide: pages.Guide) -> None:
    assert any(line in block for block in guide.page("deployment").blocks("sh"))
