"""The model that the static one was compared with: a small transformer over characters."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jlac_mapper.text import fold
from jlac_mapper.training.pairs import Examples

_LAYERS, _WIDTH, _HEADS, _INNER, _LONGEST = 3, 128, 4, 384, 32
_PADDING, _UNKNOWN, _BEGIN = 0, 1, 2


def characters_of(examples: Examples) -> list[str]:
    """Return the characters of all names and spellings; their numbers begin after the special ones."""
    return sorted({c for query in examples.queries for c in query.text})


def build(characters: Sequence[str], seed: int) -> Any:
    """Return an untrained sentence-transformers model over single characters."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(seed)
    numbers = {"[PAD]": _PADDING, "[UNK]": _UNKNOWN, "^": _BEGIN}
    numbers |= {c: i + len(numbers) for i, c in enumerate(characters)}
    splitter = Tokenizer(models.WordLevel(numbers, unk_token="[UNK]"))
    splitter.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=splitter, pad_token="[PAD]", unk_token="[UNK]", model_max_length=_LONGEST
    )
    network = BertModel(
        BertConfig(
            vocab_size=len(numbers),
            hidden_size=_WIDTH,
            num_hidden_layers=_LAYERS,
            num_attention_heads=_HEADS,
            intermediate_size=_INNER,
            max_position_embeddings=_LONGEST,
            hidden_dropout_prob=0.05,
            attention_probs_dropout_prob=0.0,
        ),
        add_pooling_layer=False,
    )
    with tempfile.TemporaryDirectory() as folder:
        network.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        transformer = Transformer(str(Path(folder)), max_seq_length=_LONGEST)
    return SentenceTransformer(modules=[transformer, Pooling(_WIDTH, "mean"), Normalize()], device="cpu")


def tokens(characters: Sequence[str], texts: Sequence[str]) -> list[npt.NDArray[np.int64]]:
    """Return the character numbers of each text, a mark of its beginning first."""
    ids = {c: i + 3 for i, c in enumerate(characters)}
    return [
        np.array([_BEGIN, *(ids.get(c, _UNKNOWN) for c in fold(text)[: _LONGEST - 1])], np.int64)
        for text in texts
    ]


def features(split: Sequence[npt.NDArray[np.int64]]) -> dict[str, Any]:
    """Return token lists as the model takes them, padded to the longest."""
    import torch

    padded = np.full((len(split), max(map(len, split))), _PADDING, np.int64)
    for row, ids in enumerate(split):
        padded[row, : len(ids)] = ids
    inputs = torch.from_numpy(padded)
    return {"input_ids": inputs, "attention_mask": (inputs != _PADDING).long()}
