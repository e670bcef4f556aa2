"""
Generate the committed gRPC code from proto/, compare it, or lint the protos.

    python proto/generate.py            write jlac_mapper/grpc_api/_pb
    python proto/generate.py --check    exit 1 when the committed code is not what the protos give
    python proto/generate.py --lint     buf lint STANDARD

protoc writes modules that import `jlac.mapper.v1`, a package that does not exist here: the output goes to
a temporary folder, that one prefix is rewritten, and the files are moved. The linter reads a descriptor
set made by protoc, because buf would otherwise want google/rpc/status.proto from a remote module.
"""

import argparse
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import grpc_tools  # type: ignore[import-untyped]  # has no stubs
from google.rpc import status_pb2

PROTO = Path(__file__).resolve().parent
TARGET = PROTO.parent / "jlac_mapper" / "grpc_api" / "_pb"
PACKAGE = "jlac_mapper.grpc_api._pb.v1"
INIT = '"""Generated from proto/ by proto/generate.py; do not edit."""\n'

# Python module references only: service names ('/jlac.mapper.v1.MapperService/...') stay.
_PREFIX = re.compile(r"\bjlac\.mapper\.v1(?= import |\.\w+_pb2)")


def sources() -> list[str]:
    """Return the paths of our protos relative to proto/, sorted."""
    return sorted(path.relative_to(PROTO).as_posix() for path in PROTO.glob("jlac/**/*.proto"))


def protoc(*arguments: str) -> None:
    """Run the pinned protoc over our protos; google/rpc comes from googleapis-common-protos."""
    common = Path(status_pb2.__file__).parents[2]
    well_known = Path(grpc_tools.__file__).parent / "_proto"
    include = [f"-I{folder}" for folder in (PROTO, common, well_known)]
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", *include, *arguments, *sources()], check=True, cwd=PROTO
    )


def generate(folder: Path) -> dict[str, str]:
    """Return the text of every generated file by its path under `_pb`; *folder* is scratch space."""
    plugins = [f"--plugin={name}={script(name)}" for name in ("protoc-gen-mypy", "protoc-gen-mypy_grpc")]
    outputs = [f"--{kind}_out={folder}" for kind in ("python", "grpc_python")]
    # quiet: the plugins list the files they write
    stubs = [f"--{kind}_out=quiet:{folder}" for kind in ("mypy", "mypy_grpc")]
    protoc(*plugins, *outputs, *stubs)
    generated = {"__init__.py": INIT, "v1/__init__.py": INIT}
    for path in sorted((folder / "jlac" / "mapper").glob("v1/*.py*")):
        text = path.read_text(encoding="utf-8")
        if "_pb2_grpc" in path.name and "_to_server(" not in text:
            continue  # protoc writes an empty module for a proto without a service
        generated[f"v1/{path.name}"] = _PREFIX.sub(PACKAGE, text)
    return generated


def script(name: str) -> Path:
    """Return the path of a program of the running environment, named clearly when it is missing."""
    found = shutil.which(name, path=sysconfig.get_path("scripts"))
    if found is None:
        raise SystemExit(f"{name} is not installed beside {sys.executable}: install the dev extra")
    return Path(found)


def committed() -> dict[str, str]:
    """Return the text of every committed file by its path under `_pb`."""
    paths = (path for path in TARGET.rglob("*.py*") if "__pycache__" not in path.parts)
    return {path.relative_to(TARGET).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def stale(folder: Path) -> list[str]:
    """Return the files under `_pb` that are missing, superfluous or different, sorted."""
    fresh, present = generate(folder), committed()
    return sorted(name for name in fresh.keys() | present.keys() if fresh.get(name) != present.get(name))


def write(folder: Path) -> None:
    """Replace `_pb` by freshly generated code."""
    fresh = generate(folder)
    shutil.rmtree(TARGET, ignore_errors=True)
    for name, text in fresh.items():
        path = TARGET / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def lint(folder: Path) -> int:
    """Run buf over a descriptor set of our protos and what they import; return its exit code."""
    image = folder / "image.binpb"
    protoc(f"--descriptor_set_out={image}", "--include_imports", "--include_source_info")
    command: list[str | Path] = [script("buf"), "lint", image, "--config", PROTO / "buf.yaml"]
    return subprocess.run(command, check=False).returncode


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(description="Generate, check or lint the gRPC code.")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="compare with the committed code")
    choice.add_argument("--lint", action="store_true", help="buf lint STANDARD")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if arguments.lint:
            return lint(folder)
        if not arguments.check:
            write(folder)
            return 0
        different = stale(folder)
    if different:
        print(f"stale, run `python proto/generate.py`: {', '.join(different)}", file=sys.stderr)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
