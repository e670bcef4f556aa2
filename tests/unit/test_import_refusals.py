"""Master files that cannot be used: one clear line each."""

import io
import json
import zipfile
from pathlib import Path

import openpyxl
import pytest

from jlac_mapper.errors import MasterFileError
from jlac_mapper.master.importers import read_master
from tests.unit.master_files import HEADER_2024, cells, code_system, concept, write_xlsx


def xlsx_bytes() -> bytes:
    buffer = io.BytesIO()
    workbook = openpyxl.Workbook()
    for row in [HEADER_2024, *([cells(HEADER_2024)] * 500)]:
        workbook.active.append(list(row))
    workbook.save(buffer)
    return buffer.getvalue()


def damaged_xlsx_bytes() -> bytes:
    """A workbook whose zip is whole and whose sheet breaks off in the middle."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx_bytes())) as source, zipfile.ZipFile(buffer, "w") as target:
        for entry in source.namelist():
            content = source.read(entry)
            target.writestr(entry, content[: len(content) // 2] if "sheet1" in entry else content)
    return buffer.getvalue()


UNUSABLE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "blank": (b" \r\n\t\n", "is empty"),
    "xlsx cut off": (xlsx_bytes()[:4000], "no readable workbook"),
    "zip that is no workbook": (b"PK\x05\x06" + b"\0" * 18, "no readable workbook"),
    "workbook damaged inside": (damaged_xlsx_bytes(), "is damaged after row"),
    "password-protected": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, "password"),
    "binary": (bytes(range(256)) * 4, "no text in UTF-8 or cp932"),
    "a byte that cp932 does not have": (
        ",".join(HEADER_2024).encode("cp932") + b"\r\n\xfd",
        "no text in UTF-8 or cp932",
    ),
    "one line in another encoding": (
        (",".join(HEADER_2024) + "\n検査\n").encode() + "検査".encode("cp932"),
        "no text in UTF-8 or cp932",
    ),
    "picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "no text in UTF-8 or cp932"),
    "json cut off": (json.dumps(code_system(concept())).encode()[:-20], "no complete JSON"),
    "json of another kind": (b'{"resourceType": "ValueSet"}', "no FHIR CodeSystem .*'ValueSet'"),
    "json list": (b"[1, 2]", "no FHIR CodeSystem"),
    "code system without concepts": (b'{"resourceType": "CodeSystem"}', "without concepts"),
    "code system of odd concepts": (b'{"resourceType": "CodeSystem", "concept": ["a"]}', "no JSON object"),
    "json nested without end": (b'{"resourceType": ' + b"[" * 200_000, "no complete JSON"),
    "csv without the headers": ("項目コード,項目名称\n1,AST\n".encode(), "no known layout"),
    "csv cut off in a quoted cell": (
        (",".join(HEADER_2024) + "\n" + ",".join(cells(HEADER_2024)) + '\n"生化学').encode(),
        "line 3 is malformed",
    ),
    "header without rows": (",".join(HEADER_2024).encode(), "none of its 0 rows"),
    "rows without codes": (
        (",".join(HEADER_2024) + "\n" + ",".join(cells(HEADER_2024, JLAC11コード=""))).encode(),
        "holds 1 JLAC10 code.*no JLAC11 code.*begins with a digit",
    ),
    "text": ("検査の一覧は別紙のとおり。\n".encode("cp932"), "no known layout"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_file_that_cannot_be_used_is_one_clear_line_with_its_path(tmp_path: Path, kind: str) -> None:
    content, said = UNUSABLE[kind]
    file = tmp_path / "master.dat"
    file.write_bytes(content)
    with pytest.raises(MasterFileError, match=said) as caught:
        read_master(file)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


def test_an_absent_file_and_a_folder_are_one_clear_line(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.xlsx", tmp_path):
        with pytest.raises(MasterFileError, match="cannot be read") as caught:
            read_master(path)
        assert "\n" not in str(caught.value)


def test_what_kind_of_file_it_is_is_told_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    file = write_xlsx(tmp_path / "m.xlsx", ("表", [HEADER_2024, cells(HEADER_2024)]))
    renamed = file.rename(tmp_path / "m.csv")
    assert len(read_master(renamed).rows) == 1
