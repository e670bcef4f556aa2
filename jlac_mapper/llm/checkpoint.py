"""A language model's checkpoint in a local folder: what it is, and whether it is ours."""

import hashlib
import json
from pathlib import Path

from jlac_mapper.errors import ModelFileError
from jlac_mapper.llm.generation_template import GENERATION_TEMPLATE

BUNDLED_MARK = "jlac_reranker.json"
"""File that our own small model's folder holds."""

_WHOLE = 64 << 20  # bytes of a file up to which all of it is read
_SAMPLES = 64
_SAMPLE = 1 << 20


def is_bundled(folder: Path) -> bool:
    """
    Tell whether a checkpoint is our own small model, which writes codes instead of choosing a label.

    Raises:
        ModelFileError: The folder holds no checkpoint, or ours for another version of its text.
    """
    if not (folder / "config.json").is_file():
        raise ModelFileError(f"{folder} holds no language model: it has no config.json")
    mark = folder / BUNDLED_MARK
    if not mark.is_file():
        return False
    try:
        template = json.loads(mark.read_text(encoding="utf-8"))["template"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ModelFileError(f"{mark} cannot be read: {type(error).__name__}") from error
    if template != GENERATION_TEMPLATE:
        raise ModelFileError(f"{folder} was trained for the text {template}; this is {GENERATION_TEMPLATE}")
    return True


def longest_text(folder: Path, most: int) -> int:
    """Return the tokens that a checkpoint can read, at most *most*."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        inner = config.get("text_config", config)
        return min(int(inner.get("max_position_embeddings", most)), most)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelFileError(f"{folder / 'config.json'} cannot be read: {type(error).__name__}") from error


def digest(folder: Path) -> str:
    """
    Return a SHA-256 over a checkpoint's files, by their relative names.

    Of a file above 64 MiB, its size and 64 samples of 1 MiB are read: weights of many gigabytes are told
    apart in a second, since training moves all of them.
    """
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        size = path.stat().st_size
        total.update(f"{path.relative_to(folder).as_posix()}\0{size}\0".encode())
        with path.open("rb") as file:
            if size <= _WHOLE:
                total.update(hashlib.file_digest(file, "sha256").digest())
                continue
            for sample in range(_SAMPLES):
                file.seek(sample * (size - _SAMPLE) // (_SAMPLES - 1))
                total.update(file.read(_SAMPLE))
    return total.hexdigest()
