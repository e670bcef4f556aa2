"""Uploaded lists that a person looks at before they are taken in."""

import hashlib
import os
import shutil
import tempfile
import threading
import uuid
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from jlac_mapper.ports import Clock

KEPT = 20
"""Files that wait at once; the oldest goes when there are more."""
LIFE = timedelta(hours=1)
"""How long a file waits to be taken in."""
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class PendingList:
    """An uploaded file; `job` is the import that it was given to, empty while it waits."""

    id: str
    facility: str
    file_name: str
    path: Path
    digest: str
    since: datetime
    job: str = ""


class PendingLists:
    """Holds the files in a folder of the server's own, which goes with it; safe to use from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._folder = tempfile.mkdtemp(prefix="jlac-lists-")
        self._remove_folder = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._lists: dict[str, PendingList] = {}
        self._lock = threading.Lock()

    def write(self, stream: BinaryIO, suffix: str) -> tuple[Path, str]:
        """Write a file; return where it is, and its SHA-256. Whoever asks removes it."""
        digest = hashlib.sha256()
        handle, name = tempfile.mkstemp(prefix="jlac-list-", suffix=suffix, dir=self._folder)
        with os.fdopen(handle, "wb") as out:
            while block := stream.read(_BLOCK):
                digest.update(block)
                out.write(block)
        return Path(name), digest.hexdigest()

    def keep(self, facility: str, file_name: str, stream: BinaryIO, suffix: str) -> PendingList:
        """Write a file that waits for a person."""
        path, digest = self.write(stream, suffix)
        made = PendingList(uuid.uuid4().hex, facility, file_name, path, digest, self._clock.now())
        with self._lock:
            self._lists[made.id] = made
            self._forget_old()
        return made

    def get(self, facility: str, key: str) -> PendingList | None:
        """Return a facility's file, while it waits or after it was given to an import."""
        with self._lock:
            self._forget_old()
            found = self._lists.get(key)
        return found if found is not None and found.facility == facility else None

    def give(self, pending: PendingList, start: Callable[[], str]) -> str:
        """
        Give a file to the import that *start* begins, once; return the import's id.

        The import removes the file. Empty where the file no longer waits.
        """
        with self._lock:
            found = self._lists.get(pending.id)
            if found is None:
                return ""
            if not found.job:
                found = self._lists[found.id] = replace(found, job=start())
            return found.job

    def drop(self, pending: PendingList) -> None:
        """Remove a file that waits; one that was given away stays its import's."""
        with self._lock:
            self._remove(pending.id)

    def close(self) -> None:
        """Remove every file and the folder."""
        with self._lock:
            self._lists.clear()
            self._remove_folder()

    def _forget_old(self) -> None:
        oldest = self._clock.now() - LIFE
        keys = list(self._lists)  # in the order in which they came
        for place, key in enumerate(keys):
            if self._lists[key].since < oldest or place < len(keys) - KEPT:
                self._remove(key)

    def _remove(self, key: str) -> None:
        found = self._lists.pop(key, None)
        if found is not None and not found.job:
            found.path.unlink(missing_ok=True)
