"""Third-party files for the browser: exactly these come out of node_modules, nothing else."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Warning
from django.core.files.storage import FileSystemStorage, Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

FILES = {
    "vendor/tabler.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/tabler.rtl.css": "@tabler/core/dist/css/tabler.rtl.min.css",
    **{
        f"vendor/inter-{script}.woff2": f"@fontsource-variable/inter/files/inter-{script}-wght-normal.woff2"
        for script in ("latin", "latin-ext", "cyrillic", "greek", "vietnamese")
    },
}


class HouseStaticFilesConfig(StaticFilesConfig):
    """Leaves out what packages ship and no page of ours asks for: most of collectstatic's time was theirs."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "*.map",
        "rest_framework/*",
        "drf_spectacular_sidecar/redoc/*",
        "drf_spectacular_sidecar/swagger-ui-dist/*-es-*",
        "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.js",
        "django_htmx/ext/*",
        "django_htmx/htm*-4*",
        "django_htmx/htmx-2.js",
        "django_tables2/*",
    ]


class OneFile(FileSystemStorage):
    """A storage that knows a package's file by the name under which we serve it."""

    def path(self, name: str) -> str:
        return super().path(FILES.get(name.replace("\\", "/"), name))


class NodeModulesFinder(BaseFinder):
    """Finds only the files named above."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.folder = Path(settings.BASE_DIR) / "node_modules"
        self.storage = OneFile(location=self.folder)

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        missing = [file for file in FILES.values() if not (self.folder / file).is_file()]
        if not missing:
            return []
        return [Warning(f"Not installed: {', '.join(missing)}", hint="Run `make install`.", id="core.W001")]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        if path not in FILES:
            return []
        found = str(self.folder / FILES[path])
        return [found] if find_all else found

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, Storage]]:
        for name, source in FILES.items():
            if (self.folder / source).is_file():
                yield name, self.storage


class HouseStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed names and compressed copies. Maps to the packages' sources are not served, so not looked for."""

    support_js_module_import_aggregation = False
    patterns = (("*.css", CompressedManifestStaticFilesStorage.patterns[0][1][:2]),)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.url = cache(super().url)  # a file's name changes with its content, and a process knows one content
