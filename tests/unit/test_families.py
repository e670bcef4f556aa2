"""Names that families compose: what is read, which of them stand in the list, how the others are found."""

import itertools
import unicodedata
from pathlib import Path

import pytest

from jlac_mapper.concepts.families import COMPOSED, ComposedNames, first_names, read_families
from jlac_mapper.errors import MasterFileError
from jlac_mapper.text import fold
from jlac_mapper.vocabulary import Name, NameFamily
from tests.support.shipped_release import shipped_vocabulary

VIRUSES = NameFamily(
    {"measles": ("麻疹", "Measles virus"), "mumps": ("ムンプス", "流行性耳下腺炎")},
    (
        ("{}_antibody_igg", ("{}IgG", "抗{}IgG抗体", "IgG {}")),
        ("{}_antibody_igm", ("{}IgM",)),
        ("{}", ("{}", "{}検査")),
    ),
)
ALLERGENS = NameFamily({"milk": ("ミルク", "牛乳")}, (("{}_ige", ("{}", "f2 {}")),))
CONCEPTS = frozenset(
    {"measles_antibody_igg", "measles_antibody_igm", "mumps_antibody_igg", "mumps", "milk_ige"}
)
HALF = {unicodedata.normalize("NFKC", chr(c)): chr(c) for c in range(0xFF61, 0xFFA0)} | {"゙": "ﾞ", "゚": "ﾟ"}


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else "　" if c == " " else c for c in text)


def half_width(text: str) -> str:
    return "".join(HALF.get(c, c) for c in unicodedata.normalize("NFD", text))


def spellings(text: str) -> tuple[str, ...]:
    return text, text.upper(), text.lower(), full_width(text), half_width(text), f" {text}　"


def names(
    families: list[NameFamily], *listed: Name, concepts: frozenset[str] = CONCEPTS
) -> list[tuple[str, str]]:
    return [(name.text, name.concept) for name in first_names(families, concepts, listed)]


# --- what is read


def family_file(folder: Path, *lines: str, name: str = "infection.csv") -> Path:
    path = folder / "families" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["kind,key,texts", *lines]) + "\n", encoding="utf-8")
    return path


def test_each_table_is_one_family_in_the_order_of_the_files(tmp_path: Path) -> None:
    family_file(tmp_path, "pattern,{}_igg,{}IgG|抗{}抗体", "stem,measles,麻疹|はしか", name="b.csv")
    family_file(tmp_path, "stem,milk,ミルク", "pattern,{}_ige,{}", name="a.csv")
    assert read_families(tmp_path / "families") == [
        NameFamily({"milk": ("ミルク",)}, (("{}_ige", ("{}",)),)),
        NameFamily({"measles": ("麻疹", "はしか")}, (("{}_igg", ("{}IgG", "抗{}抗体")),)),
    ]


def test_a_folder_that_is_not_there_holds_no_family(tmp_path: Path) -> None:
    assert read_families(tmp_path / "families") == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("stems,measles,麻疹", "kind is 'stems'; expected stem or pattern"),
        ("stem,,麻疹", "a line needs its key and at least one text"),
        ("stem,rubella,", "a line needs its key and at least one text"),
        ("pattern,{}_igg,", "a line needs its key and at least one text"),
        ("stem,measles,はしか", "stem 'measles' is listed twice"),
        ("pattern,antibody,{}IgG", "'antibody' has no place, or several, for the stem ({})"),
        ("pattern,{}_igg,{}IgG|IgG", "'IgG' has no place, or several"),
        ("pattern,{}_igg,{}IgG{}", "'{}IgG{}' has no place, or several"),
        ("pattern,{}_{}_igg,{}IgG", "'{}_{}_igg' has no place, or several"),
        ("stem,rubella", "2 cells, 3 expected"),
    ],
)
def test_a_wrong_line_is_refused_with_file_and_line(tmp_path: Path, line: str, complaint: str) -> None:
    family_file(tmp_path, "stem,measles,麻疹", line)
    with pytest.raises(MasterFileError) as refused:
        read_families(tmp_path / "families")
    assert str(refused.value).startswith("families/infection.csv, line 3: ")
    assert complaint in str(refused.value)


def test_another_header_is_refused(tmp_path: Path) -> None:
    path = family_file(tmp_path)
    path.write_text("kind,stem,texts\n", encoding="utf-8")
    with pytest.raises(
        MasterFileError, match=r"families/infection\.csv, line 1: the header must be kind,key,texts"
    ):
        read_families(tmp_path / "families")


# --- the names in the list


def test_the_first_pattern_gives_one_name_for_each_spelling_of_every_concept_that_exists() -> None:
    assert names([VIRUSES]) == [
        ("麻疹IgG", "measles_antibody_igg"),
        ("Measles virusIgG", "measles_antibody_igg"),
        ("麻疹IgM", "measles_antibody_igm"),
        ("Measles virusIgM", "measles_antibody_igm"),
        ("ムンプスIgG", "mumps_antibody_igg"),
        ("流行性耳下腺炎IgG", "mumps_antibody_igg"),
        ("ムンプス", "mumps"),
        ("流行性耳下腺炎", "mumps"),
    ]
    assert {name.form for name in first_names([VIRUSES], CONCEPTS, ())} == {COMPOSED}


def test_a_family_without_concepts_composes_nothing() -> None:
    assert names([VIRUSES], concepts=frozenset({"rubella_antibody_igg"})) == []


@pytest.mark.parametrize("text", ["麻疹IgG", "麻疹 ＩｇＧ", "麻疹-igg", "麻疹（IgG）"])
@pytest.mark.parametrize("concept", ["measles_antibody_igm", "measles_antibody_igg"])
def test_a_listed_name_stays_what_it_is_listed_as(text: str, concept: str) -> None:
    composed = names([VIRUSES], Name(text, concept))
    assert "麻疹IgG" not in [name for name, _ in composed]
    assert ("麻疹IgM", "measles_antibody_igm") in composed


def test_a_name_that_two_concepts_are_composed_to_is_left_out_of_the_list() -> None:
    other = NameFamily({"ms": ("麻疹", "MS")}, (("{}_test", ("{}ＩＧＧ",)),))
    composed = names([VIRUSES, other], concepts=CONCEPTS | {"ms_test"})
    assert [concept for text, concept in composed if fold(text) == "麻疹igg"] == []
    assert ("MSＩＧＧ", "ms_test") in composed
    # Nor does a third concept get it, that comes when the text is known to be of two already.
    third = NameFamily({"mv": ("麻疹",)}, (("{}_third", ("{}IgG",)),))
    composed = names([VIRUSES, other, third], concepts=CONCEPTS | {"ms_test", "mv_third"})
    assert [concept for text, concept in composed if fold(text) == "麻疹igg"] == []


def test_a_name_that_one_concept_is_composed_to_twice_stands_once() -> None:
    twice = NameFamily({"milk": ("ミルク", "みるく", "ﾐﾙｸ")}, (("{}_ige", ("{}",)),))
    assert names([twice, ALLERGENS]) == [("ミルク", "milk_ige"), ("牛乳", "milk_ige")]


def test_a_name_without_letters_is_left_out() -> None:
    assert names([NameFamily({"milk": ("-", "ミルク")}, (("{}_ige", ("({})",)),))]) == [
        ("(ミルク)", "milk_ige")
    ]


# --- names that are looked up


def composed_of(families: list[NameFamily], concepts: frozenset[str]) -> list[tuple[str, str]]:
    """Every pattern with every spelling in its place, and what it means."""
    return [
        (text.replace("{}", spelling), concept)
        for family in families
        for (stem, words), (key, texts) in itertools.product(family.stems.items(), family.patterns)
        if (concept := key.replace("{}", stem)) in concepts
        for spelling, text in itertools.product(words, texts)
    ]


@pytest.mark.parametrize(("text", "concept"), composed_of([VIRUSES, ALLERGENS], CONCEPTS))
def test_every_pattern_with_every_spelling_is_found_in_any_width_and_case(text: str, concept: str) -> None:
    composed = ComposedNames([VIRUSES, ALLERGENS], CONCEPTS)
    assert {composed.find(fold(spelled)) for spelled in spellings(text)} == {(concept,)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "IgG",
        "抗IgG抗体",
        "検査",
        "麻疹",
        "麻疹検査",
        "風疹IgG",
        "麻疹IgA",
        "麻疹IgGx",
        "x麻疹IgG",
        "ムンプスIgM",
        "f2",
        "f2麻疹",
        "ミルクIgG",
        "麻疹ムンプスIgG",
    ],
)
def test_what_no_family_composes_is_not_found(text: str) -> None:
    """A stem without a concept of its own, a pattern without its stem, a stem of another family."""
    assert ComposedNames([VIRUSES, ALLERGENS], CONCEPTS).find(fold(text)) == ()


def test_a_name_of_two_concepts_is_found_as_both_in_the_order_of_the_tables() -> None:
    other = NameFamily({"ms": ("麻疹",)}, (("{}_test", ("{}IgG",)),))
    concepts = CONCEPTS | {"ms_test"}
    assert ComposedNames([VIRUSES, other], concepts).find("麻疹igg") == ("measles_antibody_igg", "ms_test")
    assert ComposedNames([other, VIRUSES], concepts).find("麻疹igg") == ("ms_test", "measles_antibody_igg")


def test_one_spelling_may_belong_to_two_stems() -> None:
    family = NameFamily({"ebv": ("EB",), "eb": ("E.B.",)}, (("{}_igg", ("{}IgG",)),))
    assert ComposedNames([family], frozenset({"ebv_igg", "eb_igg"})).find("ebigg") == ("ebv_igg", "eb_igg")


@pytest.mark.parametrize(
    ("stem", "pattern"),
    [("VIII", "F{}活性"), ("IX", "F{} inhibitor"), ("type II", "{}Ab"), ("デルタ", "IgM{}")],
)
def test_a_stem_is_found_whatever_letters_it_stands_beside(stem: str, pattern: str) -> None:
    composed = ComposedNames(
        [NameFamily({"it": (stem,)}, (("{}_test", (pattern,)),))], frozenset({"it_test"})
    )
    assert composed.find(fold(pattern.replace("{}", stem))) == ("it_test",)


# --- as the vocabulary ships


def test_what_the_shipped_families_compose_is_found_and_no_listed_name_is_composed_again() -> None:
    vocabulary = shipped_vocabulary()
    composed = ComposedNames(vocabulary.families, {concept.key for concept in vocabulary.concepts})
    in_list = [name for name in vocabulary.names if name.form == COMPOSED]
    assert len(in_list) > 1000
    assert [name.text for name in in_list if name.concept not in composed.find(name.key)] == []
    listed = {name.key for name in vocabulary.names if name.form != COMPOSED}
    assert [name.text for name in in_list if name.key in listed] == []
    assert len({name.key for name in in_list}) == len(in_list)


def test_every_line_of_the_shipped_families_composes_a_name_of_a_concept() -> None:
    vocabulary = shipped_vocabulary()
    concepts = {concept.key for concept in vocabulary.concepts}
    idle = [
        line
        for family in vocabulary.families
        for line, others in (
            *((stem, [key.replace("{}", stem) for key, _ in family.patterns]) for stem in family.stems),
            *((key, [key.replace("{}", stem) for stem in family.stems]) for key, _ in family.patterns),
        )
        if concepts.isdisjoint(others)
    ]
    assert idle == []
