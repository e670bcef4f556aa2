"""
What takes long to make and never changes, kept between runs: the vocabulary as read, its indexes.

A file is named by a digest of all that it was made from, so that nothing stale is ever read; it is written
beside its place and moved there, so that no reader finds half of one. Where the folder cannot be written, or
holds what cannot be read, things are made anew. As with Python's own compiled modules, who may write into
the folder decides what runs: it is made for its owner alone, and one that others may write to is not read.
"""

import functools
import hashlib
import os
import pickle  # nosec B403
import stat
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from jlac_mapper.config import cache_dir
from jlac_mapper.version import __version__

_T = TypeVar("_T")
_KEPT = 3
"""Files of one kind that stay: several editions and versions may be in use side by side."""
WORTH_KEEPING = 0.2
"""Seconds from which on making takes long."""
_DIGEST = 32


def compiled(kind: str, sources: Iterable[bytes | str], make: Callable[[], _T]) -> _T:
    """
    Return what *make* makes, from the cache where it was made before; what is quickly made is never kept.

    Args:
        kind: Names the file; letters only.
        sources: All that the result depends on beside the program's version.
    """
    folder = cache_dir()
    if folder is None:
        return make()
    path = folder / f"{kind}-{_digest(kind, sources)}.pickle"
    if _is_private(folder):
        with suppress(Exception):  # whatever is wrong with a cached file, it is made anew
            kept: _T = _read(path)
            return kept
    started = time.monotonic()
    made = make()
    if time.monotonic() - started >= WORTH_KEEPING:
        with suppress(OSError, pickle.PicklingError, TypeError, AttributeError):
            _keep(path, pickle.dumps(made, protocol=pickle.HIGHEST_PROTOCOL))
    return made


def _read(path: Path) -> Any:
    """Load a kept file; its first 32 bytes are the digest of the rest. Raises for anything else."""
    data = path.read_bytes()
    if hashlib.sha256(memoryview(data)[_DIGEST:]).digest() != data[:_DIGEST]:
        raise ValueError(f"{path} is damaged")
    made = pickle.loads(memoryview(data)[_DIGEST:])  # nosec B301  # of a folder that only its owner writes to
    os.utime(path)  # the files that are used stay
    return made


def _digest(kind: str, sources: Iterable[bytes | str]) -> str:
    digest = hashlib.sha256(f"{kind}\0{__version__}\0{_code_digest()}".encode())
    for source in sources:
        data = source.encode() if isinstance(source, str) else source
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:40]


@functools.cache
def _code_digest() -> str:
    """Tell one state of the program from another: sizes and times of its modules."""
    package = Path(__file__).parent
    found = []
    for path in sorted(package.rglob("*.py")):
        told = path.stat()
        found.append(f"{path.relative_to(package)}:{told.st_size}:{told.st_mtime_ns}")
    return hashlib.sha256("\n".join(found).encode()).hexdigest()


def _is_private(folder: Path) -> bool:
    try:
        told = folder.stat()
    except OSError:
        return False
    owned = not hasattr(os, "getuid") or told.st_uid in (os.getuid(), 0)
    return owned and not told.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _keep(path: Path, data: bytes) -> None:
    folder = path.parent
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not _is_private(folder):
        return
    handle, name = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(data).digest())
            file.write(data)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    kind = path.name.partition("-")[0]
    files = sorted(folder.glob(f"{kind}-*.pickle"), key=lambda each: each.stat().st_mtime, reverse=True)
    for old in files[_KEPT:]:
        old.unlink(missing_ok=True)
