"""The tables of concepts, names and words: what they load as, and what is refused with file and line."""

from pathlib import Path

import pytest

from jlac_mapper.concepts import tables
from jlac_mapper.concepts.loader import load_vocabulary, with_site_names
from jlac_mapper.errors import MasterFileError
from jlac_mapper.vocabulary import (
    Concept,
    ConceptKind,
    Name,
    NameForm,
    Qualifier,
    ResultType,
    Scale,
    SiteName,
    Specimen,
    Timing,
    Unit,
)

TABLES = {
    "concepts/chemistry.csv": (
        tables.CONCEPTS,
        "triglyceride,中性脂肪,Triglyceride,test,quantity,serum|plasma,mg/dL,3F015-0000,thyroglobulin,urine,271|272",
    ),
    "concepts/urine.csv": (
        tables.CONCEPTS,
        "urine_protein,尿蛋白,Urine protein,test,,urine,,1A010,,,",
        "thyroglobulin,サイログロブリン,Thyroglobulin,test,quantity,serum,ng/mL,5D300,triglyceride,,",
    ),
    "names/chemistry.csv": (
        tables.NAMES,
        "中性脂肪,triglyceride,formal,,,,",
        "ＴＧ,triglyceride,abbreviation,,,,",
        "空腹時TG,triglyceride,formal,serum,mg/dL,quantitative,fasting",
    ),
    "names/urine.csv": (
        tables.NAMES,
        "尿蛋白,urine_protein,formal,urine,,,",
        "TG,thyroglobulin,homonym,,,,",
    ),
    "words/specimens.csv": (
        tables.SPECIMENS,
        "serum,250,023,血清,Serum,,血しょう外|セラム",
        "plasma,240,022,血漿,Plasma,,",
        "urine,100,,尿,Urine,,",
    ),
    "words/units.csv": (tables.UNITS, "85,mg/dL,mg/dL,quantitative,mg/100ml"),
    "words/qualifiers.csv": (
        tables.QUALIFIERS,
        "血清,specimen,serum,edge",
        "生化,section,chemistry|urine,heading",
        "時間外,note,,edge",
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small vocabulary that a test may break."""
    for name, (header, *lines) in TABLES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join([",".join(header), *lines]) + "\n", encoding="utf-8")
    return tmp_path


def add_line(path: Path, line: str) -> int:
    """Append a line to a table and return its number."""
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}{line}\n", encoding="utf-8")
    return text.count("\n") + 1


# --- what is read


def test_the_tables_load_as_they_are_written_in_the_order_of_their_files(folder: Path) -> None:
    read = load_vocabulary(folder)
    assert read.concepts[0] == Concept(
        key="triglyceride",
        name="中性脂肪",
        name_en="Triglyceride",
        kind=ConceptKind.TEST,
        scale=Scale.QUANTITY,
        section="chemistry",
        specimens=("serum", "plasma"),
        units=("mg/dL",),
        jlac10=("3F015-0000",),
        confused_with=("thyroglobulin",),
        also_in=("urine",),
        methods=("271", "272"),
    )
    assert [concept.key for concept in read.concepts] == ["triglyceride", "urine_protein", "thyroglobulin"]
    assert read.concepts[0].sections == {"chemistry", "urine"}
    assert read.concepts[0].analytes == ("3F015",)
    assert read.names[2] == Name(
        "空腹時TG", "triglyceride", "formal", "serum", "mg/dL", ResultType.QUANTITATIVE, Timing.FASTING
    )
    assert [name.concept for name in read.names if name.form == NameForm.HOMONYM] == ["thyroglobulin"]
    assert read.specimens[0] == Specimen("serum", "250", "血清", "Serum", "", ("血しょう外", "セラム"), "023")
    assert read.units == (Unit("85", "mg/dL", "mg/dL", ResultType.QUANTITATIVE, ("mg/100ml",)),)
    assert Qualifier("生化", "section", "chemistry|urine", "heading") in read.qualifiers
    assert read.by_key()["urine_protein"].scale is Scale.ANY


# --- names


def test_one_name_may_have_a_usual_meaning_and_homonyms(folder: Path) -> None:
    add_line(folder / "names" / "urine.csv", "ｔｇ,urine_protein,homonym,,,,")
    meanings = [
        (n.concept, n.form) for n in load_vocabulary(folder).names if n.text.lower() in ("tg", "ｔｇ")
    ]
    assert meanings == [
        ("triglyceride", "abbreviation"),
        ("thyroglobulin", NameForm.HOMONYM),
        ("urine_protein", NameForm.HOMONYM),
    ]


def test_a_homonym_may_stand_before_the_usual_meaning(folder: Path) -> None:
    add_line(folder / "names" / "chemistry.csv", "蛋白,triglyceride,homonym,,,,")
    add_line(folder / "names" / "urine.csv", "蛋白,urine_protein,slang,,,,")
    assert {n.concept for n in load_vocabulary(folder).names if n.text == "蛋白"} == {
        "triglyceride",
        "urine_protein",
    }


NAME = "新しい名"


@pytest.mark.parametrize(
    ("table", "line", "complaint"),
    [
        # Names are compared folded: width, case and punctuation make no second name.
        ("names/urine.csv", "Ｔ．Ｇ,urine_protein,short,,,,", "'Ｔ．Ｇ' is already a name of triglyceride;"),
        ("names/urine.csv", "tg,thyroglobulin,abbreviation,,,,", "'tg' is already a name of thyroglobulin"),
        ("names/urine.csv", "尿 蛋白,urine_protein,short,,,,", "is already a name of urine_protein"),
        ("names/urine.csv", "(-),urine_protein,short,,,,", "'(-)' has no letters"),
        ("names/urine.csv", f"{NAME},no_such_test,short,,,,", "'no_such_test' is in no table of concepts"),
        ("names/urine.csv", f"{NAME},urine_protein,long,,,,", "form 'long' or specimen '' is unknown"),
        ("names/urine.csv", f"{NAME},urine_protein,short,blood,,,", "or specimen 'blood' is unknown"),
        ("names/urine.csv", f"{NAME},urine_protein,short,,,roughly,", "result_type is 'roughly'; expected"),
        ("names/urine.csv", f"{NAME},urine_protein,short,,,,soon", "timing is 'soon'; expected one of fast"),
        ("names/urine.csv", f"{NAME},urine_protein", "2 cells, 7 expected"),
        ("concepts/urine.csv", "triglyceride,甲,a,test,,,,,,,", "'triglyceride' is listed twice, first in"),
        ("concepts/urine.csv", "new,甲,a,tests,,,,,,,", "kind is 'tests'; expected one of test, calculated"),
        ("concepts/urine.csv", "new,甲,a,test,some,,,,,,", "scale is 'some'; expected one of quantity"),
        ("concepts/urine.csv", "new,甲,a,test,,blood,,,,,", "specimens: 'blood' is in no table"),
        ("concepts/urine.csv", "new,甲,a,test,,,,,no_test,,", "confused_with: 'no_test' is in no table"),
        ("concepts/urine.csv", "new,甲,a,test,,,,,,stool,", "also_in: 'stool' is in no table"),
        ("concepts/urine.csv", "new,,a,test,,,,,,,", "a concept needs its key, a Japanese and an"),
        ("concepts/urine.csv", "new,甲,,test,,,,,,,", "a concept needs its key, a Japanese and an"),
        ("concepts/urine.csv", ",甲,a,test,,,,,,,", "a concept needs its key, a Japanese and an"),
        ("words/specimens.csv", "serum,250,023,血清,Serum,,血清", "key 'serum' is listed twice"),
        ("words/units.csv", "F7,U/L,U/L,some,", "result_type is 'some'; expected one of qualitative"),
        ("words/qualifiers.csv", "尿,specimen,water,edge", "value 'water' or where 'edge' is unknown"),
        ("words/qualifiers.csv", "尿,section,chemistry|water,edge", "value 'chemistry|water'"),
        ("words/qualifiers.csv", "尿,section,,edge", "kind 'section', value ''"),
        ("words/qualifiers.csv", "尿,note,urine,edge", "kind 'note', value 'urine'"),
        ("words/qualifiers.csv", "尿,specimen,urine,anywhere", "where 'anywhere' is unknown"),
        ("words/qualifiers.csv", "尿,specimens,urine,edge", "kind 'specimens'"),
        ("words/qualifiers.csv", "血清,specimen,serum,piece", "text '血清' is listed twice"),
    ],
)
def test_a_wrong_line_is_refused_with_file_and_line(
    folder: Path, table: str, line: str, complaint: str
) -> None:
    number = add_line(folder / table, line)
    with pytest.raises(MasterFileError) as refused:
        load_vocabulary(folder)
    message = str(refused.value)
    assert message.startswith(f"{table}, line {number}: ")
    assert complaint in message
    assert "\n" not in message


def test_a_usual_meaning_behind_another_usual_meaning_is_refused_although_a_homonym_stands_between(
    folder: Path,
) -> None:
    number = add_line(folder / "names" / "urine.csv", "TG,urine_protein,abbreviation,,,,")
    with pytest.raises(MasterFileError, match=rf"names/urine\.csv, line {number}: .*name of triglyceride"):
        load_vocabulary(folder)


def test_a_line_break_inside_a_cell_does_not_shift_the_line_that_is_told(folder: Path) -> None:
    path = folder / "words" / "specimens.csv"
    add_line(path, 'csf,,041,髄液,"CSF\nfluid",,')
    number = add_line(path, "serum,250,023,血清,Serum,,")
    with pytest.raises(MasterFileError, match=rf"words/specimens\.csv, line {number}: key 'serum'"):
        load_vocabulary(folder)


@pytest.mark.parametrize("table", TABLES)
def test_another_header_is_refused(folder: Path, table: str) -> None:
    path = folder / table
    header, rest = path.read_text(encoding="utf-8").split("\n", 1)
    path.write_text(f"{header},more\n{rest}", encoding="utf-8")
    with pytest.raises(MasterFileError) as refused:
        load_vocabulary(folder)
    assert str(refused.value) == f"{table}, line 1: the header must be {header}"


@pytest.mark.parametrize("name", ["concepts", "names"])
def test_a_folder_without_a_table_is_refused(folder: Path, name: str) -> None:
    for path in (folder / name).glob("*.csv"):
        path.unlink()
    with pytest.raises(MasterFileError, match=rf"{name} holds no table"):
        load_vocabulary(folder)


def test_a_table_that_is_no_text_or_not_there_is_refused_in_one_line(folder: Path) -> None:
    path = folder / "words" / "units.csv"
    path.write_bytes("85,mg/dL,単位,quantitative,".encode("cp932"))
    with pytest.raises(MasterFileError, match=r"units\.csv cannot be read as a UTF-8 CSV file"):
        load_vocabulary(folder)
    path.unlink()
    with pytest.raises(MasterFileError, match=r"units\.csv cannot be read"):
        load_vocabulary(folder)


# --- a site's own names


def test_a_sites_names_are_tests_of_their_own_once_each(folder: Path) -> None:
    known = load_vocabulary(folder)
    extra = [SiteName(text, "jlac10") for text in ("院内検査", "院内 検査", "ＸＸ－１", "---")]
    after = with_site_names(known, extra)
    concepts, names = after.concepts[3:], after.names[5:]
    assert [(concept.key, concept.name) for concept in concepts] == [
        ("site:院内検査", "院内検査"),
        ("site:xx1", "ＸＸ－１"),
    ]
    assert [(name.text, name.concept) for name in names] == [
        ("院内検査", "site:院内検査"),
        ("ＸＸ－１", "site:xx1"),
    ]
    assert {concept.kind for concept in concepts} == {ConceptKind.TEST}


def test_a_sites_name_that_is_known_keeps_its_meaning(folder: Path) -> None:
    known = load_vocabulary(folder)
    assert with_site_names(known, [SiteName("ｔ.ｇ", "x"), SiteName("尿蛋白", "x")]) == known
    assert with_site_names(known, []) == known
