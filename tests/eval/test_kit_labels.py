"""Labels as boxes and package inserts word them: the name stays whole, seeds repeat, figures are counted."""

import random
import unicodedata
from pathlib import Path

import kit_labels
import openpyxl
import perturb_products

from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.types import Disposition
from tests.support.fakes import ScriptedMapper


def product_row(
    code: str = "C20080000250012F7", product: str = "ゼータ　AST-II"
) -> perturb_products.ProductRow:
    return perturb_products.ProductRow(parse(code), "AST(GOT)", product, "血清", "U/L")


def squeezed(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def test_every_label_holds_the_name_and_something_else_beside_it() -> None:
    row = product_row()
    labels = [kit_labels.kit_label(row, random.Random(seed))[0] for seed in range(200)]
    assert all(squeezed(row.product) in squeezed(label) for label in labels)
    assert sum(squeezed(row.product) == squeezed(label) for label in labels) < 10
    assert len(set(labels)) > 190


def test_every_insert_holds_the_name_mostly_behind_a_general_name() -> None:
    row = product_row()
    labels = [kit_labels.insert_label(row, random.Random(seed)) for seed in range(200)]
    assert all(squeezed(row.product) in squeezed(label) for label, _ in labels)
    assert len({label for label, _ in labels}) > 190
    general = [label for label, parts in labels if "general_name" in parts]
    assert 150 < len(general) < 200
    assert all(
        "アスパラギン酸アミノトランスフェラーゼ" in unicodedata.normalize("NFKC", label) for label in general
    )


def test_a_label_of_an_analyser_names_no_other_analyser_and_no_bottles() -> None:
    row = product_row("C20080000250526F7", "ゼータ自動分析装置 Z100")
    for seed in range(200):
        parts = kit_labels.kit_label(row, random.Random(seed))[1]
        assert not {"analyser", "volume", "purpose", "kit_word"} & set(parts)


def test_the_same_seed_makes_the_same_labels_whatever_the_other_rows() -> None:
    rows = [product_row(), product_row("C20080000250013F7", "シグマ AST")]
    assert kit_labels.make_cases(rows)[1] == kit_labels.make_cases(rows[1:])[0]
    assert kit_labels.make_cases(rows, 12) != kit_labels.make_cases(rows)


def test_a_product_without_a_reagent_is_counted_as_invented(tmp_path: Path) -> None:
    book, file = openpyxl.Workbook(), tmp_path / "master.xlsx"
    book.worksheets[0].append(list(perturb_products.COLUMNS.values()))
    book.worksheets[0].append(["C20080000250012F7", "AST(GOT)", "ゼータ AST", "血清", "U/L"])
    book.save(file)
    mapper = ScriptedMapper({"AST(GOT)": (Disposition.ACCEPTED, ("C20080000250012F7",), 0.9)})
    figures = kit_labels.run(mapper, file)
    assert figures["exact_strict"]["count"] == 1
    assert figures["without_reagent"]["invented"]["count"] == 1
    assert figures["inserts"]["product_reached"]["value"] == 1.0
    another = ScriptedMapper({"AST(GOT)": (Disposition.ACCEPTED, ("C20080000250013F7",), 0.9)})
    assert kit_labels.run(another, file)["inserts"]["another_product"]["count"] == 1
    careful = ScriptedMapper({"AST(GOT)": (Disposition.ACCEPTED, ("C20080000250000F7",), 0.9)})
    assert kit_labels.run(careful, file)["without_reagent"]["invented"]["count"] == 0
