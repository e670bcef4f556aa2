"""The static model: one trained vector for each character n-gram, averaged."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from jlac_mapper.text import character_grams
from jlac_mapper.training.pairs import Examples

UNKNOWN = "[UNK]"
_COMMON = 7
"""Spellings that must hold an n-gram; a name is written in four or more."""
Float32 = npt.NDArray[np.float32]


def expand(text: str) -> str:
    """Return the n-grams of a text with blanks between: what the model's tokenizer splits."""
    return " ".join(character_grams(text))


def grams_of(examples: Examples) -> list[str]:
    """Return the n-grams to train: all of listed names, and those that more than a name or two hold."""
    listed = {gram for name in examples.names if name.concept for gram in character_grams(name.key)}
    in_queries = Counter(gram for query in examples.queries for gram in set(character_grams(query.text)))
    return [UNKNOWN, *sorted(listed | {gram for gram, count in in_queries.items() if count >= _COMMON})]


def first_table(examples: Examples, grams: Sequence[str], width: int, seed: int) -> Float32:
    """
    Return random vectors as long as the n-grams are rare (inverse document frequency).

    Cosines then begin as those of character TF-IDF, projected: training starts from the lexical search.
    """
    frequency = Counter(gram for name in examples.names for gram in set(character_grams(name.key)))
    rarity = np.array([1 + np.log((1 + len(examples.names)) / (1 + frequency[g])) for g in grams])
    random = np.random.default_rng(seed).standard_normal((len(grams), width)) / width**0.5
    return np.asarray(random * rarity[:, None] / 8, dtype=np.float32)


def continue_table(table: Float32, grams: Sequence[str], start: Float32, known: Sequence[str]) -> Float32:
    """Return *table* with the rows of an earlier training where it had those n-grams."""
    rows = {gram: i for i, gram in enumerate(known)}
    continued = table.copy()
    for i, gram in enumerate(grams):
        if gram in rows:
            continued[i] = start[rows[gram]]
    return continued


def build(grams: Sequence[str], table: Float32) -> Any:
    """Return the sentence-transformers model over n-grams; its texts must be expanded first."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({gram: i for i, gram in enumerate(grams)}, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    embedding = StaticEmbedding(tokenizer, embedding_weights=torch.from_numpy(table))
    return SentenceTransformer(modules=[embedding, Normalize()], device="cpu")


def tokens(grams: Sequence[str], texts: Sequence[str]) -> list[npt.NDArray[np.int64]]:
    """Return the n-gram numbers of each text, 0 for an unknown one."""
    ids = {gram: i for i, gram in enumerate(grams)}
    return [np.array([ids.get(gram, 0) for gram in character_grams(text)], np.int64) for text in texts]


def features(split: Sequence[npt.NDArray[np.int64]]) -> dict[str, Any]:
    """Return token lists as the model takes them."""
    import torch

    offsets = np.cumsum([0, *(len(ids) for ids in split[:-1])])
    return {"input_ids": torch.from_numpy(np.concatenate(split)), "offsets": torch.from_numpy(offsets)}


def quantised(table: Float32) -> tuple[npt.NDArray[np.int8], Float32]:
    """Return the table as int8 rows and what to multiply each with; both make the table that ships."""
    scales = np.maximum(np.abs(table).max(axis=1), 1e-12).astype(np.float32) / 127
    return np.round(table / scales[:, None]).astype(np.int8), scales


def table_of(model: Any) -> Float32:
    """Return the vectors that a model was trained to."""
    return np.asarray(model[0].embedding.weight.detach().cpu().numpy(), dtype=np.float32)
