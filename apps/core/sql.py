"""SQL that stands in files beside the migrations."""

from pathlib import Path

from django.db.migrations import RunSQL


def guards(migration: str, *subjects: str) -> list[RunSQL]:
    """What the files `sql/<subject>.sql` beside a migration put up; `sql/no_<subject>.sql` takes it down again."""
    folder = Path(migration).parent / "sql"
    return [RunSQL(statements(folder / f"{one}.sql"), statements(folder / f"no_{one}.sql")) for one in subjects]


def statements(file: Path) -> list[str]:
    """The single statements of a file in which lines of `-- ;;` stand between them (RunSQL takes the list)."""
    parts = file.read_text(encoding="utf-8").split("\n-- ;;\n")
    return [part.strip() for part in parts if part.strip()]
