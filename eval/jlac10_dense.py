"""
Does an embedding help JLAC10 find concepts? The same lists without it and with it.

The weights of meanings are fitted anew with the embedding's cosine among the features, a quarter of the names
out of the index and out of an embedding trained for that quarter, in turn (a quarter of an hour; `--weights`
takes a file of such weights instead, `--save` keeps them). The lists are mapped with the shipped embedding.

    python eval/jlac10_dense.py [--shared FOLDER] [--save FILE | --weights FILE] [--llm off]
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jlac10_choice
import jlac10_sets
import parts

from jlac_mapper import model_loading
from jlac_mapper.bootstrap import build_jlac10
from jlac_mapper.cli.train_release import shipped_release
from jlac_mapper.concepts.loader import load_vocabulary
from jlac_mapper.config import SettingWord
from jlac_mapper.mapping.dense_names import DenseNames
from jlac_mapper.mapping.meanings.weigh import MeaningWeights
from jlac_mapper.training import meanings
from jlac_mapper.vocabulary import Vocabulary

_SEED = 5


def fit() -> dict[str, Any]:
    """Fit the weights with the embedding's cosine among the features."""
    bound = shipped_release("")

    def make(left: Vocabulary) -> Callable[[Sequence[str]], DenseNames]:
        """Train an embedding without the names that *left* lacks."""
        known = replace(left, concepts=bound.vocabulary.concepts)
        trained = parts.train_embedder(replace(bound, vocabulary=known), _SEED)
        return model_loading.dense_names(trained)

    rows = meanings.collect(load_vocabulary(), make, _SEED)
    found = meanings.named(meanings.fit(rows))
    return {**found, "right_first_of_generated": round(meanings.right_first(rows, found), 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--shared", type=Path, default=jlac10_sets.HERE.parent.parent / "shared" / "data")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--save", type=Path)
    parser.add_argument("--llm", default=SettingWord.OFF)
    given = parser.parse_args()
    found = json.loads(given.weights.read_text(encoding="utf-8")) if given.weights else fit()
    if given.save:
        given.save.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    results: dict[str, Any] = {"right_first_of_generated": found.get("right_first_of_generated")}
    with jlac10_sets.app_with_tables(given.shared, llm=given.llm) as app:
        shipped = model_loading.embedder(app.settings)
        assert shipped
        weights = MeaningWeights.of("with an embedding", found["weights"])
        plain = build_jlac10(app)
        dense = build_jlac10(app, weights, make_dense=model_loading.dense_names(shipped))
        for one in jlac10_sets.data_sets(given.shared):
            if one.file.is_file():
                results[one.title] = jlac10_choice.compared(one.rows(), plain, dense)
    print(json.dumps(results, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
