"""Any sentence-transformers model in a local folder as the Embedder, in place of the shipped one."""

import hashlib
import os
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from jlac_mapper.errors import MissingExtraError, ModelFileError
from jlac_mapper.ports import Float32Matrix
from jlac_mapper.text import clean

_BATCH = 256


class SbertEmbedder:
    """An Embedder on sentence-transformers; nothing is fetched, the model is what the folder holds."""

    def __init__(self, folder: Path, *, device: str | None = None) -> None:
        """
        Load a model.

        Args:
            folder: As sentence-transformers saves it (modules.json and the modules' folders).
            device: `cpu`, `cuda` ...; the library's choice when not given.

        Raises:
            MissingExtraError: sentence-transformers is not installed.
            ModelFileError: The folder is missing or holds no model.
        """
        if find_spec("sentence_transformers") is None:
            raise MissingExtraError(
                "sentence-transformers is not installed; install it with: pip install 'jlac-mapper[embed]'"
            )
        if not (folder / "modules.json").is_file():
            raise ModelFileError(f"{folder} holds no sentence-transformers model: it has no modules.json")
        os.environ["HF_HUB_OFFLINE"] = "1"  # read when the library is imported
        library = import_module("sentence_transformers")
        try:
            self._model = library.SentenceTransformer(
                str(folder), device=device, local_files_only=True, trust_remote_code=False
            )
            self._width = int(self.embed([""]).shape[1])
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelFileError(f"{folder} cannot be loaded as an embedding model: {error}") from error
        self._identity = f"{folder.name} {_digest(folder)[:12]}"

    @property
    def identity(self) -> str:
        """Folder name and the beginning of the digest over its files, for provenance."""
        return self._identity

    @property
    def width(self) -> int:
        """Length of a vector."""
        return self._width

    def embed(self, texts: Sequence[str]) -> Float32Matrix:
        """
        Return unit-length float32 rows, shape (len(texts), width); texts are cleaned, not folded.

        A text in which the model reads nothing gets one fixed direction: some models give it no length.
        """
        if not texts:
            return np.empty((0, self._width), np.float32)
        vectors = self._model.encode(
            [clean(text) for text in texts],
            batch_size=_BATCH,
            normalize_embeddings=True,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        rows = np.array(vectors, dtype=np.float32)
        # Written so that NaN counts as no length.
        rows[~(np.linalg.norm(rows, axis=1) > 0.5)] = rows.shape[1] ** -0.5
        return rows


def _digest(folder: Path) -> str:
    """Return the SHA-256 over all files of a model, by their relative names."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        total.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()
