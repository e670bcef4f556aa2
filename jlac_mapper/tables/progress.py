"""The record beside an unfinished output: how far it is, of which input, under which settings."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from jlac_mapper.errors import InputError, OutputError
from jlac_mapper.tables.tally import Tally

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Progress:
    """
    A run up to its last complete chunk.

    `settings` is everything that decides the output's bytes, by name, the input's digest included.
    `output_bytes` and `output_sha256` describe the output up to the end of that chunk.
    """

    settings: Mapping[str, str]
    tally: Tally
    output_bytes: int
    output_sha256: str


def progress_path(output: Path) -> Path:
    """Return where the record of *output* lies: beside it, with .progress added to its name."""
    return output.with_name(output.name + ".progress")


def save_progress(output: Path, progress: Progress) -> None:
    """Replace the record in one step; a reader finds the old one or the new one."""
    path = progress_path(output)
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(json.dumps({"version": _VERSION, **asdict(progress)}, ensure_ascii=False), "utf-8")
    os.replace(temporary, path)  # noqa: PTH105 - the one call that names its two ends


def load_progress(output: Path) -> Progress | None:
    """
    Return the record of *output*, None where there is none.

    Raises:
        InputError: The record is damaged or of another version.
    """
    path = progress_path(output)
    try:
        record = json.loads(path.read_text("utf-8"))
        if record.pop("version") != _VERSION:
            raise ValueError("another version")
        return Progress(**{**record, "tally": Tally(**record["tally"])})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} cannot be used ({error}); run without --resume to start over") from None


def check_settings(progress: Progress, settings: Mapping[str, str], output: Path) -> None:
    """
    Refuse to continue a run under other conditions.

    Raises:
        InputError: A setting or the input differs; the message names what.
    """
    differing = sorted(
        name for name in {*progress.settings, *settings} if progress.settings.get(name) != settings.get(name)
    )
    if differing:
        raise InputError(
            f"{output} was begun with another {' and '.join(differing)}; "
            "use the same again, or run without --resume to start over"
        )


def check_output(progress: Progress, output: Path) -> None:
    """
    Make sure that the output still begins with what the record describes.

    Raises:
        OutputError: It is missing, shorter, or was changed meanwhile.
    """
    digest = hashlib.sha256()
    left = progress.output_bytes
    try:
        with output.open("rb") as stream:
            while left and (block := stream.read(min(left, 1 << 20))):
                digest.update(block)
                left -= len(block)
    except OSError as error:
        raise OutputError(f"cannot continue {output}: {error.strerror}; run without --resume") from None
    if left or digest.hexdigest() != progress.output_sha256:
        raise OutputError(
            f"{output} was changed since the interrupted run wrote it; run without --resume to start over"
        )


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
