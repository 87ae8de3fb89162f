"""What migrations are made of: tables, and the SQL that stands in files beside the migrations."""

import re
from pathlib import Path

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import CreateModel, RunSQL
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

FUNCTION = re.compile(r"^CREATE OR REPLACE FUNCTION (\w+)\(\)", re.MULTILINE)
PIN = """DO $$ BEGIN
    EXECUTE format('ALTER FUNCTION %1$I.{0}() SET search_path = pg_catalog, %1$I, pg_temp', current_schema());
END $$"""


class Together(Operation):
    """Many steps as one. Django builds all models of the house anew for each step of a migration, and a clinic is
    opened with a hundred tables: one by one they take six times as long. Each step is made with the state before all
    of them and the state after all of them: what one removes, another may add in its new shape."""

    def __init__(self, *steps: Operation) -> None:
        self.steps = steps

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # built again when it is next asked for, once for all of them
        for step in self.steps:
            step.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for step in self.steps:
            step.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for step in reversed(self.steps):
            step.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return "; ".join(step.describe() for step in self.steps)


class CreateModels(Together):
    """Many tables as one step."""

    def __init__(self, *models: CreateModel) -> None:
        super().__init__(*models)
        self.models = models

    def describe(self) -> str:
        return f"Create {', '.join(model.name for model in self.models)}"


def guards(migration: str, *subjects: str) -> list[RunSQL]:
    """What the files `sql/<subject>.sql` beside a migration put up; `sql/no_<subject>.sql` takes it down again."""
    folder = Path(migration).parent / "sql"
    up = tuple(one for subject in subjects for one in statements(folder / f"{subject}.sql"))
    down = tuple(one for subject in reversed(subjects) for one in statements(folder / f"no_{subject}.sql"))
    return [RunSQL(up, down)]


def pinned(migration: str, subject: str) -> list[RunSQL]:
    """Guards of before, in `sql/<subject>.sql` written so that PostgreSQL keeps their plans: their functions name
    tables outright, because each is pinned to the schema in which it stands, whatever the session's path is when it
    fires.

    Backwards there is nothing to do: what they refuse is the same, and whoever takes them down does so by name.
    """
    file = Path(migration).parent / "sql" / f"{subject}.sql"
    functions = FUNCTION.findall(file.read_text(encoding="utf-8"))
    return [RunSQL((*statements(file), *(PIN.format(name) for name in functions)), RunSQL.noop)]


def statements(file: Path) -> list[str]:
    """The single statements of a file in which lines of `-- ;;` stand between them (RunSQL takes the list)."""
    parts = file.read_text(encoding="utf-8").split("\n-- ;;\n")
    return [part.strip() for part in parts if part.strip()]
