"""The commands of the guides about models, run in their order, with the output that the guides show."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import joblib
import pytest
from playwright.sync_api import Browser

from support.doc_commands import DOCUMENTS, ROOT, blocks, is_shown, steps
from support.docs_environment import PASSWORD, DocsEnvironment
from support.live_server import Launch
from support.sample_models import FRAME, SAMPLE_MODELS, made_by

GUIDES = "docs/how-to"
TUTORIAL = "docs/tutorial/first-model.md"


@pytest.fixture
def docs(tmp_path: Path, launch: Launch) -> Iterator[DocsEnvironment]:
    """Yield a folder with a shell, without a server."""
    environment = DocsEnvironment(tmp_path, launch)
    yield environment
    environment.end()


def guide(name: str) -> list[tuple[str, str]]:
    """Return the shell blocks of a how-to guide, each with its output."""
    return steps(DOCUMENTS[f"{GUIDES}/{name}.md"])


@pytest.mark.parametrize(
    ("shown", "is_equal"),
    [
        ("a\nb\n", True),
        ("a\n", False),
        ("a\nc\n", False),
        ("…\nb\n", True),
        ("…\na\nb\n…\n", True),
        ("a…\n", False),
        ("…a\nb…\n", True),
    ],
)
def test_shown_output_is_compared_with_the_printed_one(shown: str, is_equal: bool) -> None:
    assert is_shown("a\nb\n", shown) is is_equal


def test_tutorial_leads_from_a_file_to_predictions(docs: DocsEnvironment) -> None:
    install, data, train, check, publish, serve, *predict = steps(DOCUMENTS[TUTORIAL])

    docs.follow(install, data, train, check, publish)
    docs.serve_as_shown(*serve)
    docs.follow(*predict)
    docs.type(blocks(DOCUMENTS[TUTORIAL], "sh")[-1])


def test_own_code_is_published_and_served(docs: DocsEnvironment) -> None:
    *steps, serve, predict, image = guide("serve-own-code")

    docs.follow(*steps)
    docs.serve_as_shown(*serve, {"PYTHONPATH": str(docs.folder)})
    docs.follow(predict)
    docs.type("REGISTRY=registry", image[0])


@pytest.mark.parametrize("name", ["serve-own-code", "serve-xgboost-lightgbm"])
def test_dockerfile_adds_packages_to_a_folder_of_the_image(name: str) -> None:
    image = (ROOT / "image/Dockerfile").read_text()
    base, paths = (re.findall(rf"^.* {name}=(\S+)", image, re.MULTILINE) for name in ("BUILD_BASE", "PYTHONPATH"))

    dockerfile = blocks(DOCUMENTS[f"{GUIDES}/{name}.md"], "dockerfile")[-1]

    assert len(dockerfile.splitlines()) == 4
    assert f"FROM {base[-1]} AS packages" in dockerfile
    assert re.findall(r"^COPY .* (\S+)$", dockerfile, re.MULTILINE) == paths[0].split(":")[2:]


def cells(row: str) -> list[list[str]]:
    """Return the names in the cells of a row of the XGBoost and LightGBM guide."""
    (found,) = re.findall(rf"^\| {row} \| (.*) \|$", DOCUMENTS[f"{GUIDES}/serve-xgboost-lightgbm.md"], re.MULTILINE)
    return [re.findall("`([^`]*)`", cell) for cell in found.split(" | ")]


@pytest.mark.parametrize("library", ["lightgbm", "xgboost"])
def test_booster_is_published_and_predicts(docs: DocsEnvironment, library: str) -> None:
    """For XGBoost, with the names that the table has in place of those of LightGBM."""
    names = [pair for row in ("import", "estimators") for pair in zip(*cells(row), strict=True)]
    categories = [(("n_estimators=50, verbose=-1"), f"n_estimators=50, {cells('columns of categories')[1][1]}")]
    train, publish, check, serve, predict, build = guide("serve-xgboost-lightgbm")
    for before, after in (names + categories) * (library == "xgboost"):
        train = (train[0].replace(before, after), "")

    docs.follow(train, publish, check)
    docs.serve_as_shown(*serve)
    docs.follow(predict)
    docs.type("REGISTRY=registry", build[0])


@pytest.mark.parametrize("name", ["choose-column-types", "serve-text-models"])
def test_model_is_published_served_and_predicts(docs: DocsEnvironment, name: str) -> None:
    for command, shown in guide(name):
        if command.startswith("ml-census serve"):
            docs.serve_as_shown(command, shown)
        else:
            docs.follow((command, shown))


def test_table_is_scored(docs: DocsEnvironment) -> None:
    """The guide begins with a published model and a table."""
    sample = SAMPLE_MODELS["dataframe"]()
    joblib.dump(sample.model, docs.folder / "model.pkl")
    FRAME.assign(id=range(len(FRAME))).to_parquet(docs.folder / "rows.parquet")

    docs.type("ml-census publish --model model.pkl --output published 2> /dev/null")

    docs.follow(*guide("score-a-table"))


def test_pickle_of_another_version_is_rejected(docs: DocsEnvironment) -> None:
    sample = SAMPLE_MODELS["logistic"]()
    file = io.BytesIO()
    joblib.dump(sample.model, file)
    (docs.folder / "model.pkl").write_bytes(file.getvalue())
    (docs.folder / "old.pkl").write_bytes(made_by("1.8.0", file.getvalue()))
    _, image, rejected, publish, _ = guide("upgrade-scikit-learn")

    docs.type("REGISTRY=registry BUCKET=my-models", image[0])
    docs.follow(rejected, publish)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, launch: Launch) -> Iterator[DocsEnvironment]:
    """Yield an environment with the demo server, whose user is alice."""
    environment = DocsEnvironment(tmp_path_factory.mktemp("demo"), launch)
    environment.type("ml-census train --data demo --output published 2> /dev/null")
    environment.serve_published("published", decoding=True)
    yield environment
    environment.end()


def as_alice(demo: DocsEnvironment, text: str) -> str:
    """Return an example with the URL, user and password of the test's server."""
    text = text.replace("http://127.0.0.1:5090", demo.server.url).replace("census:census", f"alice:{PASSWORD}")
    return text.replace('"census", "census"', f'"alice", "{PASSWORD}"')


def test_call_guide_predicts_with_curl(demo: DocsEnvironment) -> None:
    for command, shown in guide("call-the-server"):
        demo.follow((as_alice(demo, command).replace(f"alice:{PASSWORD}", f'"alice:{PASSWORD}"'), shown))


@pytest.mark.parametrize("index", [0, 1])
def test_call_guide_predicts_with_python(demo: DocsEnvironment, index: int, capsys: pytest.CaptureFixture[str]) -> None:
    block = blocks(DOCUMENTS[f"{GUIDES}/call-the-server.md"], "python")[index]

    exec(as_alice(demo, block), {})

    assert f"# {capsys.readouterr().out.splitlines()[-1]}\n" == block.rpartition("# ")[1] + block.rpartition("# ")[2]


def test_call_guide_predicts_with_javascript(demo: DocsEnvironment, browser: Browser) -> None:
    (block,) = blocks(DOCUMENTS[f"{GUIDES}/call-the-server.md"], "js")
    page, printed = browser.new_page(), list[str]()
    page.on("console", lambda message: printed.append(message.text))
    page.goto(f"{demo.server.url}/version")

    page.evaluate(f"async () => {{ {as_alice(demo, block)} }}")

    assert printed[-1:] == [block.rpartition("// ")[2].strip()]
    page.close()
