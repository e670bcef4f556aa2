"""
The starter's manifest: which edition the tables are, how much they hold, and a digest of each file.

After a change of the tables: `python -m jlac_mapper.master.manifest --write`.
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

from jlac_mapper.config import master_data_dir
from jlac_mapper.master.starter import load_starter, load_vocabulary, superseded

BASIS = "2025-12"
"""The official edition whose digits the starter follows."""


def build_manifest(data_dir: Path) -> dict[str, Any]:
    """Return the manifest of the starter in *data_dir* (the folder that holds `starter/`)."""
    folder = data_dir / "starter"
    vocabulary, edition = load_vocabulary(folder), load_starter(folder)
    return {
        "edition": edition.name,
        "basis": BASIS,
        "edition_digest": edition.digest,
        "counts": {
            "measurands": len(vocabulary.measurands),
            "names": len(vocabulary.names),
            "names_without_a_code": len(vocabulary.background),
            "specimens": len(vocabulary.specimens),
            "units": len(vocabulary.units),
            "codes": len(edition.codes),
            "superseded_identifications": len(superseded(folder)),
        },
        "sha256": {
            path.relative_to(data_dir).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*.csv"))
        },
    }


def render(manifest: dict[str, Any]) -> str:
    """Return the manifest as it is kept in manifest.json."""
    return json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"


def main() -> int:
    """Compare manifest.json with the tables, or write it; return 1 when it is stale."""
    parser = argparse.ArgumentParser(description="Check or write master_data/manifest.json.")
    parser.add_argument("--write", action="store_true", help="write the file instead of checking it")
    arguments = parser.parse_args()
    data_dir = master_data_dir()
    path, text = data_dir / "manifest.json", render(build_manifest(data_dir))
    if arguments.write:
        path.write_text(text, encoding="utf-8")
    elif not path.is_file() or path.read_text(encoding="utf-8") != text:
        print(f"{path} is stale: run python -m jlac_mapper.master.manifest --write")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
