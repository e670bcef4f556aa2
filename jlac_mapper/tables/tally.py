"""The running count of a run's rows."""

from dataclasses import dataclass, field

from jlac_mapper.types import Disposition

_NOTES_KEPT = 3


@dataclass(slots=True)
class Tally:
    """Counts of a run; after a resumed run they cover the whole output."""

    rows: int = 0
    accepted: int = 0
    review: int = 0
    no_code: int = 0
    errors: int = 0
    replaced_cells: int = 0
    """Cells with characters that cp932 lacks, written as &#NNNN;."""
    cut_cells: int = 0
    """Cells longer than an XLSX cell can be."""
    jlac10: dict[str, int] = field(default_factory=dict)
    """Rows by their disposition in JLAC10, where it is asked for beside JLAC11."""
    notes: list[str] = field(default_factory=list)
    """The first few rows that went wrong, one line each."""

    def count(self, disposition: Disposition, note: str = "", beside: Disposition | None = None) -> None:
        """Add one row; *note* says what went wrong with it, *beside* what it is in the second system."""
        self.rows += 1
        if beside is not None:
            self.jlac10[beside.value] = self.jlac10.get(beside.value, 0) + 1
        match disposition:
            case Disposition.ACCEPTED:
                self.accepted += 1
            case Disposition.NEEDS_REVIEW:
                self.review += 1
            case Disposition.NO_CODE:
                self.no_code += 1
            case Disposition.ERROR:
                self.errors += 1
        if note and len(self.notes) < _NOTES_KEPT:
            self.notes.append(f"row {self.rows}: {note}")
