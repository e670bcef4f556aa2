"""What a folded name says that must agree: which names share a fact, and which do not."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jlac_mapper.reading.name_facts import GROUPS, NameFacts, name_facts
from jlac_mapper.text import fold


def of(text: str) -> NameFacts:
    return name_facts(fold(text))


def in_group(text: str, group: str) -> object:
    return of(text)[GROUPS.index(group)]


def says(text: str) -> set[str]:
    """The groups that a name says anything in."""
    return {group for group, facts in zip(GROUPS, of(text), strict=True) if facts}


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("", set()),
        ("コルチゾール", set()),
        ("第8因子", {"number"}),
        ("第VIII因子", {"number"}),
        ("AST", {"latin"}),
        ("β2-マイクログロブリン", {"number", "greek"}),
        ("IgG4", {"number", "latin", "class"}),
        ("HBs抗原", {"latin", "kind"}),
        ("遊離サイロキシン", {"state"}),
        ("尿酸", set()),
        ("血糖", set()),
    ],
)
def test_a_name_says_something_in_these_groups(name: str, groups: set[str]) -> None:
    assert says(name) == groups


@pytest.mark.parametrize(
    ("group", "one", "other"),
    [
        ("number", "第VIII因子", "第8因子活性"),
        ("number", "CD4", "ＣＤ４陽性率"),
        ("number", "T3", "FT3"),
        ("latin", "HBs抗原", "hbs抗体"),
        ("latin", "ＡＳＴ", "ast"),
        ("greek", "β2ミクログロブリン", "ベータ2ミクログロブリン"),
        ("greek", "α1", "アルファ1"),
        ("class", "IgG", "麻疹IgG抗体"),
        ("class", "IgG4", "ＩｇＧ４"),
        ("class", "IgM-HBc抗体", "HA抗体IgM"),
        ("kind", "HBs抗体", "HBsAb"),
        ("kind", "HBs抗原", "HBsAg"),
        ("kind", "抗SS-A抗体", "抗SS-A"),
        ("kind", "HCV-RNA", "HCV核酸定量"),
        ("kind", "結核菌PCR", "結核菌DNA"),
        ("kind", "一般細菌培養", "細菌同定"),
        ("kind", "抗酸菌塗抹", "グラム染色"),
        ("kind", "ブドウ糖負荷", "クレアチニンクリアランス"),
        ("state", "遊離T4", "フリーT4"),
        ("state", "総ビリルビン", "トータルビリルビン"),
        ("state", "直接ビリルビン", "抱合ビリルビン"),
        ("state", "LDHアイソザイム", "LDH分画"),
        ("state", "アルブミン/クレアチニン比", "A/G比"),
        ("state", "ER受容体", "ERレセプター"),
        ("state", "高感度CRP", "hsCRP"),
        ("state", "第8因子インヒビター", "第8因子阻害"),
    ],
)
def test_two_names_that_say_the_same_in_a_group_share_it(group: str, one: str, other: str) -> None:
    assert in_group(one, group)
    assert in_group(one, group) == in_group(other, group)


@pytest.mark.parametrize(
    ("group", "one", "other"),
    [
        ("number", "CD4", "CD8"),
        ("number", "T3", "T4"),
        ("number", "第8因子", "第9因子"),
        ("number", "HSV-1", "HSV-2"),
        ("number", "CA19-9", "CA15-3"),
        ("number", "CA125", "CA12"),
        ("number", "IgG1", "IgG4"),
        ("latin", "HBs抗原", "HBe抗原"),
        ("latin", "CK", "LD"),
        ("latin", "CK", "CKMB"),
        ("greek", "αフェトプロテイン", "βフェトプロテイン"),
        ("greek", "κ", "λ"),
        ("class", "IgG", "IgM"),
        ("class", "IgA", "IgE"),
        ("class", "IgG", "IgG4"),
        ("kind", "HBs抗原", "HBs抗体"),
        ("kind", "HCV抗体", "HCV-RNA"),
        ("kind", "抗酸菌培養", "抗酸菌塗抹"),
        ("kind", "クラミジア抗原", "クラミジア遺伝子"),
        ("state", "遊離PSA", "総PSA"),
        ("state", "直接ビリルビン", "間接ビリルビン"),
        ("state", "第8因子活性", "第8因子抗原量"),
        ("state", "テストステロン", "遊離テストステロン"),
        ("state", "トリプシン", "トリプシンインヒビター"),
    ],
)
def test_two_names_that_differ_in_a_group_do_not_share_all_of_it(group: str, one: str, other: str) -> None:
    assert in_group(one, group) != in_group(other, group)


@pytest.mark.parametrize(
    "name",
    [
        "抗生物質",
        "抗菌薬",
        "抗酸菌",
        "抗凝固薬",
        "抗利尿ホルモン",
        "抗原",
        "ABO",
        "ALB",
        "AGE",
        "試験紙",
        "染色体",
    ],
)
def test_a_word_that_begins_like_one_is_none(name: str) -> None:
    """抗 alone is an antibody only where no other word follows; Ab and Ag end where a letter follows."""
    known = {"抗原": "HBs抗原", "染色体": "DNA"}.get(name)
    assert in_group(name, "kind") == (in_group(known, "kind") if known else in_group("コルチゾール", "kind"))


@given(st.text(max_size=40))
def test_any_text_has_a_value_for_every_group_and_always_the_same(text: str) -> None:
    facts = of(text)
    assert len(facts) == len(GROUPS) == 6
    assert of(text) == facts


@pytest.mark.parametrize("name", ["A1B2", "2B1A", "12", "CD4/CD8"])
def test_more_of_a_name_never_says_less(name: str) -> None:
    longer = of(f"{name}と3ヶ月の総量")
    for shorter, whole in zip(of(name), longer, strict=True):
        assert shorter & whole == shorter


def test_no_two_numbers_of_tests_are_taken_for_one() -> None:
    """CD55 and CD57, the papillomavirus types 51 and 71, 35 and 49: near twins."""
    facts = {number: name_facts(str(number)).number for number in range(200)}
    assert [pair for pair in itertools.combinations(facts, 2) if facts[pair[0]] == facts[pair[1]]] == []
