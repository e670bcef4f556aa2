"""The shipped embedding of names: the mean of one vector for each character n-gram, on numpy alone."""

import hashlib
import json
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from jlac_mapper.config import models_dir
from jlac_mapper.errors import ModelFileError
from jlac_mapper.ports import Float32Matrix
from jlac_mapper.text import character_grams

UNKNOWN = "[UNK]"
"""First of the n-grams; its vector stands for every n-gram that no training name held."""

GRAMS_FILE, VECTORS_FILE, SCALES_FILE, MODEL_FILE = "grams.txt", "vectors.npy", "scales.npy", "model.json"
# So many texts have about a thousand n-grams: their vectors are still in the cache when they are added up.
_CHUNK = 32


class StaticEmbedder:
    """An Embedder without a network: about a tenth of a millisecond for a name."""

    def __init__(
        self,
        grams: Sequence[str],
        vectors: npt.NDArray[np.int8],
        scales: npt.NDArray[np.float32],
        identity: str,
    ) -> None:
        """
        Keep the table.

        Args:
            grams: The n-grams, `UNKNOWN` first.
            vectors: One int8 row for each n-gram, shape (len(grams), width).
            scales: What each row is multiplied with, shape (len(grams),).
            identity: Model name and digest.
        """
        self._ids = {gram: i for i, gram in enumerate(grams)}
        self._table = vectors.astype(np.float32) * scales[:, None]
        self._identity = identity

    @classmethod
    def load(cls, folder: Path | None = None) -> "StaticEmbedder":
        """
        Read a model folder; the shipped one when not given.

        Raises:
            ModelFileError: A file is missing or unreadable, or the contents are not those that were
                trained (the digest in model.json).
        """
        folder = folder or models_dir() / "embedder"
        try:
            described = json.loads((folder / MODEL_FILE).read_text(encoding="utf-8"))
            found = digest(folder)
            if found != described["digest"]:
                raise ModelFileError(
                    f"{folder}: the files have digest {found[:12]}, {MODEL_FILE} says "
                    f"{str(described['digest'])[:12]}; copy or train the model again"
                )
            grams = (folder / GRAMS_FILE).read_text(encoding="utf-8").split("\n")[:-1]
            vectors = np.load(folder / VECTORS_FILE, allow_pickle=False)
            scales = np.load(folder / SCALES_FILE, allow_pickle=False)
            identity = f"{described['name']} {found[:12]}"
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelFileError(f"{folder} holds no usable embedding model: {error}") from error
        if vectors.shape[:1] != (len(grams),) or scales.shape != (len(grams),) or grams[:1] != [UNKNOWN]:
            raise ModelFileError(f"{folder}: {GRAMS_FILE} and {VECTORS_FILE} do not belong together")
        return cls(grams, vectors, scales, identity)

    @property
    def identity(self) -> str:
        """Model name and the beginning of its digest, for provenance."""
        return self._identity

    @property
    def width(self) -> int:
        """Length of a vector."""
        return int(self._table.shape[1])

    def knows(self, gram: str) -> bool:
        """Tell whether an n-gram has a vector of its own."""
        return gram in self._ids

    def table(self) -> tuple[list[str], npt.NDArray[np.float32]]:
        """Return the n-grams and a copy of their vectors, shape (grams, width): to train further."""
        return list(self._ids), self._table.copy()

    def embed(self, texts: Sequence[str]) -> Float32Matrix:
        """
        Return unit-length float32 rows, shape (len(texts), width).

        Texts are folded first. A text without one known n-gram gets the vector of the unknown.
        """
        out = np.empty((len(texts), self.width), np.float32)
        for start in range(0, len(texts), _CHUNK):
            split = [character_grams(text) for text in texts[start : start + _CHUNK]]
            lengths = np.fromiter(map(len, split), np.intp, len(split))
            get = self._ids.get
            ids = np.fromiter((get(g, 0) for g in chain.from_iterable(split)), np.intp, int(lengths.sum()))
            starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
            out[start : start + len(split)] = np.add.reduceat(self._table[ids], starts, axis=0)
        # Rows whose vectors cancel out exactly have no direction; the unknown's is as good as any.
        out[np.linalg.norm(out, axis=1) < 1e-9] = self._table[0]
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        return out


def digest(folder: Path) -> str:
    """Return the SHA-256 over n-grams, scales and vectors of a model folder, in that order."""
    total = hashlib.sha256()
    for name in (GRAMS_FILE, SCALES_FILE, VECTORS_FILE):
        total.update((folder / name).read_bytes())
    return total.hexdigest()
