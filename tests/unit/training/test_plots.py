"""Plots of the report: SVG that the page can colour, with labels and unique ids."""

import re
from xml.etree import ElementTree

import pytest

from ml_census.training import plots
from ml_census.training.evaluation import Evaluation

pytestmark = pytest.mark.slow  # matplotlib takes over a second to draw them


@pytest.fixture(scope="module")
def drawings(evaluation: Evaluation) -> dict[str, str]:
    return plots.render_plots(evaluation)


def test_each_plot_is_an_image_with_a_label(drawings: dict[str, str]) -> None:
    assert len(drawings) == 7
    for svg in drawings.values():
        root = ElementTree.fromstring(svg)
        assert root.attrib["role"] == "img" and root.attrib["aria-label"]


def test_colours_are_variables_of_the_page(drawings: dict[str, str]) -> None:
    for svg in drawings.values():
        assert [colour for colour in plots.COLOURS.values() if colour in svg] == []
        assert "var(--accent)" in svg


def test_ids_of_all_plots_are_unique(drawings: dict[str, str]) -> None:
    ids = [name for svg in drawings.values() for name in re.findall(r' id="([^"]+)"', svg)]

    assert len(ids) == len(set(ids)) > 20


def test_same_numbers_are_drawn_as_the_same_text(evaluation: Evaluation, drawings: dict[str, str]) -> None:
    assert plots.render_plots(evaluation) == drawings
