"""Layout and accessibility of the page: phones, contrast, labels, weight."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Request, ViewportSize, expect
from sklearn.ensemble import RandomForestClassifier

from conftest import write_config
from ml_census.models import schema_inference
from ml_census.models.publishing import publish
from support.live_server import Launch, Server
from support.page import ROOT, census, enter, field, log_in, page, paste, percent, problems, screenshot, wait_for_answer

__all__ = ["census", "page"]


WEB = ROOT / "image" / "ml_census" / "api" / "web"


PHONE: ViewportSize = {"width": 360, "height": 640}


def test_prediction_on_a_phone_stays_visible(page: Page, census: Server) -> None:
    page.set_viewport_size(PHONE)
    log_in(page, census.url)
    wait_for_answer(page)
    expect(page.locator("#prediction")).to_be_in_viewport()
    field(page, "age").focus()

    for _ in range(14):
        page.keyboard.press("Tab")
        expect(page.locator("#prediction")).to_be_in_viewport()
        covered = page.evaluate(
            "document.activeElement.getBoundingClientRect().bottom > answer.getBoundingClientRect().top"
        )
        assert not covered or page.evaluate("!row.contains(document.activeElement)")
    enter(page, "age", "20")
    expect(page.locator("#moved")).to_be_in_viewport()
    screenshot(page, "phone-in-use", whole=False)
    expect(page.locator("#moves li")).to_have_count(1)
    screenshot(page, "phone-one-row")

    page.context.set_offline(True)
    enter(page, "age", "30")
    expect(problems(page)).to_be_in_viewport(ratio=1)
    assert page.evaluate(
        "row.querySelector('[role=alert]').getBoundingClientRect().bottom <= answer.getBoundingClientRect().top"
    )


@pytest.fixture(scope="module")
def wide(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield a server with twelve classes of long names."""
    path = tmp_path_factory.mktemp("wide")
    decoding = {str(number): f"class {number} " + "Donaudampfschifffahrt" * 4 for number in range(12)}
    rows = [[number, 40 - number] for number in range(12)] * 5
    forest = RandomForestClassifier(5, random_state=0).fit(rows, list(range(12)) * 5)
    publish(forest, schema_inference.infer_schema(forest), decoding, [], {}, str(path))
    running = launch(write_config(path, "prediction_decoding.json"))
    yield running
    running.end()


def test_pages_fit_the_width_of_a_phone(page: Page, census: Server, wide: Server) -> None:
    page.set_viewport_size(PHONE)

    def fits() -> None:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    for path in ("docs", "report"):
        page.goto(f"{census.url}/{path}")
        fits()
        assert page.eval_on_selector_all(".table", "all => all.every(e => e.scrollWidth <= e.clientWidth)")
        screenshot(page, f"phone-{path}")
    log_in(page, wide.url)
    expect(page.locator("#one")).to_be_visible()
    fits()
    for index in range(2):
        enter(page, f"column {index}", "3")
    wait_for_answer(page)
    fits()
    paste(page, "0,1\n3,37\n4,36\n")
    expect(page.locator("#result")).to_be_visible()
    fits()
    screenshot(page, "phone-long-names")


def test_placeholder_shows_the_first_line_of_a_file(page: Page, wide: Server) -> None:
    """Name columns by their indices if they have no names."""
    log_in(page, wide.url)

    expect(field(page, "column 1")).to_have_count(1)
    expect(page.locator("textarea")).to_have_attribute("placeholder", "0,1")


def test_many_classes_show_the_most_probable(page: Page, wide: Server) -> None:
    shares = wide.predict([[3, 37]], "?proba=true").json()["probabilities"][0]
    log_in(page, wide.url)
    enter(page, "column 0", "3")
    enter(page, "column 1", "37")
    wait_for_answer(page)

    figures = page.locator("#probabilities dd:not(.bar)")
    expect(figures).to_have_count(6)
    first = sorted(shares, reverse=True)[:5]
    assert figures.all_inner_texts() == [percent(share) for share in [*first, 1 - sum(first)]]
    assert page.locator("#probabilities dt").all_inner_texts()[-1] == "7 more"
    expect(page.locator("#probabilities .chosen")).to_contain_text("class 3")
    page.click("text=Show all 12 classes")
    expect(figures).to_have_count(12)


def test_fields_have_equal_heights(page: Page, census: Server) -> None:
    log_in(page, census.url)
    expect(field(page, "age")).to_be_visible()

    heights = page.eval_on_selector_all("#columns input, #columns select", "all => all.map(e => e.offsetHeight)")
    assert len(set(heights)) == 1


def test_bars_are_visible_with_forced_colours(page: Page, census: Server) -> None:
    page.emulate_media(forced_colors="active")
    log_in(page, census.url)

    bar = page.locator("#probabilities .bar").first
    expect(bar).to_be_visible()
    colours = bar.evaluate("bar => [bar, bar.firstChild].map(e => getComputedStyle(e).backgroundColor)")
    assert len(set(colours)) == 2


def test_every_control_has_a_label(page: Page, census: Server) -> None:
    log_in(page, census.url)
    expect(page.locator("#one")).to_be_visible()

    unnamed = page.eval_on_selector_all(
        "input, select, textarea, progress",
        "all => all.filter(e => !e.labels.length && !e.ariaLabel && !e.getAttribute('aria-labelledby')"
        " && !e.ariaHidden).map(e => e.outerHTML)",
    )
    assert unnamed == []
    assert page.locator("#columns label").count() == 14


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_contrast_meets_wcag(scheme: str) -> None:
    """Expect a contrast of 4.5, or 3 for borders and bars (WCAG 2.2, 1.4.3 and 1.4.11)."""
    blocks = re.findall(r":root \{(.*?)\}", (WEB / "static/page.css").read_text(), re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): #(\w+)", blocks[scheme == "dark"]))

    for text in ("ink", "faint", "accent", "bad", "odd"):
        for ground in ("paper", "card", "tint"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for text, ground in [("on-accent", "accent"), ("on-hero", "hero"), ("soft-hero", "hero")]:
        assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for part, ground in [("edge", "card"), ("accent", "tint"), ("less", "tint"), ("mark-hero", "hero")]:
        assert contrast(colours[part], colours[ground]) >= 3, (part, ground)


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        whole = colour if len(colour) == 6 else "".join(2 * digit for digit in colour)
        parts = [int(whole[index : index + 2], 16) / 255 for index in (0, 2, 4)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_page_loads_at_most_60_kilobytes(page: Page, census: Server) -> None:
    """Count the bytes that a browser receives for the page: files of text are compressed."""
    sizes: dict[str, int] = {}

    def measure(request: Request) -> None:
        if request.resource_type in ("document", "script", "stylesheet"):
            sizes[request.url.removeprefix(census.url)] = request.sizes()["responseBodySize"]

    page.on("requestfinished", measure)
    page.goto(census.url, wait_until="networkidle")

    assert {"/", "/page.css", "/js/main.js", "/js/table.js"} <= sizes.keys()
    assert sum(sizes.values()) <= 60_000


def test_page_has_no_inline_code_and_no_other_host() -> None:
    texts = [path.read_text() for path in [WEB / "templates/page.html", *(WEB / "static").rglob("*.*")]]
    text = "".join(texts).replace("http://www.w3.org/2000/svg", "")  # a name, which browsers do not load

    assert not re.search(r"https?://|@import|<script(?![^>]*src=)| style=| on\w+=", text)
