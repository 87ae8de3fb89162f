"""What migrations are made of: tables, and the SQL that stands in files beside the migrations."""

from pathlib import Path

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import CreateModel, RunSQL
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class CreateModels(Operation):
    """Many tables as one step. Django builds all models of the house anew for each step of a migration, and a clinic
    is opened with a hundred tables: one by one they take six times as long."""

    def __init__(self, *models: CreateModel) -> None:
        self.models = models

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # built again when it is next asked for, once for all of them
        for model in self.models:
            model.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for model in self.models:
            model.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for model in reversed(self.models):
            model.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Create {', '.join(model.name for model in self.models)}"


def guards(migration: str, *subjects: str) -> list[RunSQL]:
    """What the files `sql/<subject>.sql` beside a migration put up; `sql/no_<subject>.sql` takes it down again."""
    folder = Path(migration).parent / "sql"
    up = tuple(one for subject in subjects for one in statements(folder / f"{subject}.sql"))
    down = tuple(one for subject in reversed(subjects) for one in statements(folder / f"no_{subject}.sql"))
    return [RunSQL(up, down)]


def statements(file: Path) -> list[str]:
    """The single statements of a file in which lines of `-- ;;` stand between them (RunSQL takes the list)."""
    parts = file.read_text(encoding="utf-8").split("\n-- ;;\n")
    return [part.strip() for part in parts if part.strip()]
