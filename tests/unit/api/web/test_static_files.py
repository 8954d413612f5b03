"""Style sheets and scripts of the web pages, and their paths of the server."""

from pathlib import Path

import ml_census.api.web
from ml_census.api.web import static_files

STATIC = Path(ml_census.api.web.__file__).parent / "static"


def test_each_file_has_a_path() -> None:
    files = [f"/{path.relative_to(STATIC)}" for path in STATIC.rglob("*.*")]

    assert sorted(static_files.PATHS) == sorted(files)


def test_file_is_read_with_its_content_type() -> None:
    assert static_files.read("/js/main.js") == (STATIC / "js" / "main.js").read_bytes()
    assert static_files.content_type("/js/main.js") == "text/javascript"
    assert static_files.content_type("/page.css") == "text/css"


def test_openapi_describes_each_file() -> None:
    paths = static_files.openapi_paths()

    assert tuple(paths) == static_files.PATHS
    assert paths["/page.css"]["get"]["operationId"] == "page_css"
    assert list(paths["/page.css"]["get"]["responses"]["200"]["content"]) == ["text/css"]
