"""SQL that stands in files beside the migrations."""

from pathlib import Path


def statements(file: Path) -> list[str]:
    """The single statements of a file in which lines of `-- ;;` stand between them (RunSQL takes the list)."""
    parts = file.read_text(encoding="utf-8").split("\n-- ;;\n")
    return [part.strip() for part in parts if part.strip()]
