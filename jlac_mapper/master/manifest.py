"""
The manifest of the master data: which edition the starter is, how much they hold, and a digest of each file.

After a change of the tables: `python -m jlac_mapper.master.manifest --write`.
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

from jlac_mapper.concepts.loader import load_vocabulary
from jlac_mapper.config import master_data_dir
from jlac_mapper.master.starter import load_starter

BASIS = "2025-12, and from 2026-08 on what is known of that list"
"""The official editions that the starter follows, by date."""


def build_manifest(data_dir: Path) -> dict[str, Any]:
    """Return the manifest of vocabulary and starter in *data_dir*, a folder laid out as master_data."""
    vocabulary, starter = load_vocabulary(data_dir), load_starter(data_dir)
    folders = ("concepts", "names", "families", "words", "releases")
    return {
        "edition": starter.edition.name,
        "basis": BASIS,
        "edition_digest": starter.edition.digest,
        "counts": {
            "concepts": len(vocabulary.concepts),
            "concepts_listed_once": len({key for keys in starter.known.values() for key in keys}),
            "names": len(vocabulary.names),
            "principles": len(vocabulary.principles),
            "specimens": len(vocabulary.specimens),
            "units": len(vocabulary.units),
            "codes": len(starter.edition.codes),
            "successions": len(starter.successions.lines),
        },
        "sha256": {
            path.relative_to(data_dir).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for folder in folders
            for path in sorted((data_dir / folder).rglob("*.csv"))
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
