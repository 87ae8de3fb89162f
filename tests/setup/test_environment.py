"""`make settings` is the whole truth: whatever HPMS reads of the environment is in the list, and nothing else is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from hpms.embedded.places import ROOT
from hpms.environment import VARIABLES

OURS = re.compile(r"HPMS_[A-Z_]+")
ASKING = {"env", "env_int", "env_list", "is_set", "getenv"}
NOT_OURS = {"DJANGO_SETTINGS_MODULE", "PATH", "PYTHONDONTWRITEBYTECODE"}
BETWEEN_OURSELVES = {"HPMS_PYTHON_FROM"}  # the Makefile tells the launcher


def is_environ(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "environ"


def asked(node: ast.AST) -> ast.AST | None:
    """The name that this expression asks the environment for."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[first, *_]) if name in ASKING:
            return first
        case ast.Call(func=ast.Attribute(value=value), args=[first, *_]) if is_environ(value):
            return first
        case ast.Subscript(value=value, slice=first) if is_environ(value):
            return first
        case ast.Compare(left=first, comparators=[value]) if is_environ(value):
            return first
    return None


def read(file: Path) -> Iterator[str]:
    """What a file asks the environment for, and every name of ours that it writes down."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        for found in (asked(node), node):
            text = found.value if isinstance(found, ast.Constant) else None
            if isinstance(text, str) and (found is not node or OURS.fullmatch(text)):
                yield text


def test_every_variable_that_is_read_is_listed_and_no_other() -> None:
    files = {ROOT / "manage.py", *(ROOT / "hpms").rglob("*.py"), *(ROOT / "apps").rglob("*.py")}
    found = {name for file in files - {ROOT / "hpms/environment.py"} for name in read(file)}
    assert {"WEB_THREADS", "HOST", "HPMS_ADMIN_DATABASE_URL", "PATH"} <= found  # each kind of asking is seen
    assert found - NOT_OURS - BETWEEN_OURSELVES == set(VARIABLES)
