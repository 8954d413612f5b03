"""SVG plots for report.html. The plots use CSS variables of report.html as colours, for a light and a dark theme."""

import io
import re
from collections.abc import Callable
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ml_census.training.evaluation import GRID, SCORE_BINS, Calibration, Curve, Evaluation

COLOURS = {"ink": "#010203", "faint": "#040506", "accent": "#070809", "other": "#0a0b0c"}
"""Name of a CSS variable -> temporary colour of the plot. `_svg` replaces each colour by its CSS variable."""
INK, FAINT, ACCENT, OTHER = COLOURS.values()

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.parse_math": False,  # a dollar sign in the data does not start a formula
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
}


def render_plots(evaluation: Evaluation) -> dict[str, str]:
    """Return the SVG text of each plot by its name, such as "roc". Equal evaluations give equal texts."""
    banded, recall = evaluation.roc, evaluation.precision_recall
    return {
        "roc": _svg("ROC curve", lambda axes: _roc(axes, banded)),
        "precision_recall": _svg("Precision-recall curve", lambda axes: _precision_recall(axes, recall)),
        "calibration": _svg("Calibration curve", lambda axes: _calibration(axes, evaluation.calibration)),
        "confusion": _svg("Confusion matrix", lambda axes: _confusion(axes, evaluation.confusion)),
        "scores": _svg("Distribution of the probabilities by class", lambda axes: _scores(axes, evaluation.scores)),
        "importance": _svg("Permutation importance by column", lambda axes: _importance(axes, evaluation)),
        "errors": _svg("Share of wrong predictions by sex and race", lambda axes: _errors(axes, evaluation)),
    }


def _svg(title: str, plot: Callable[[Axes], None]) -> str:
    with mpl.rc_context({**STYLE, "svg.hashsalt": title}):
        figure = Figure(figsize=(5, 3.6), layout="constrained")
        figure.patch.set_alpha(0)
        plot(figure.subplots())
        text = io.StringIO()
        figure.savefig(text, format="svg")
    svg = text.getvalue()
    # the metadata hold the current date, which would change the text, and URLs of RDF vocabularies
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    for name, colour in COLOURS.items():
        svg = svg.replace(colour, f"var(--{name})")
    # ids must be unique in the page, which holds all plots: prefix them with the title
    own = re.sub(r"\W", "", title)
    svg = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{own}-", svg)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" ', 1)


def _band(axes: Axes, curve: Curve, name: str) -> None:
    axes.fill_between(GRID, curve.low, curve.high, color=ACCENT, alpha=0.25, linewidth=0)
    axes.plot(GRID, curve.values, color=ACCENT, label=name)
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(loc="lower center")


def _roc(axes: Axes, curve: Curve) -> None:
    axes.plot([0, 1], [0, 1], color=FAINT, linestyle=":", linewidth=1)
    _band(axes, curve, f"area {curve.area:.4f}")
    axes.set(xlabel="False positive rate", ylabel="True positive rate")


def _precision_recall(axes: Axes, curve: Curve) -> None:
    _band(axes, curve, f"average precision {curve.area:.4f}")
    axes.set(xlabel="Recall", ylabel="Precision")


def _calibration(axes: Axes, calibration: Calibration) -> None:
    axes.plot([0, 1], [0, 1], color=FAINT, linestyle=":", linewidth=1)
    axes.plot(calibration.predicted, calibration.observed, color=ACCENT, marker="o")
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="Predicted probability", ylabel="Observed share")


def _confusion(axes: Axes, matrix: np.ndarray) -> None:
    shares = matrix / matrix.sum(axis=1, keepdims=True)
    for truth, line in enumerate(shares):
        for predicted, share in enumerate(line):
            shade = 0.1 + 0.4 * share  # a higher opacity gives the text too little contrast in the dark theme
            axes.bar(predicted, 0.9, width=0.9, bottom=truth - 0.45, color=ACCENT, alpha=shade)
            axes.text(predicted, truth, f"{matrix[truth, predicted]:,}\n{share:.1%}", ha="center", va="center")
    names = ["up to 50K", "above 50K"]
    axes.set(xticks=[0, 1], xticklabels=names, yticks=[0, 1], yticklabels=names, ylim=(1.5, -0.5))
    axes.set(xlabel="Predicted", ylabel="True")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def _scores(axes: Axes, counts: np.ndarray) -> None:
    for values, name, colour in zip(counts, ("up to 50K", "above 50K"), (OTHER, ACCENT), strict=True):
        axes.stairs(values / max(1, values.sum()), SCORE_BINS, color=colour, fill=True, alpha=0.3)
        axes.stairs(values / max(1, values.sum()), SCORE_BINS, color=colour, label=name)
    axes.legend()
    axes.set(xlim=(0, 1), xlabel="Probability of more than 50K", ylabel="Share of the class")


def _importance(axes: Axes, evaluation: Evaluation) -> None:
    importances = evaluation.importances[::-1]
    axes.barh(
        [importance.column for importance in importances],
        [importance.mean for importance in importances],
        xerr=[importance.deviation for importance in importances],
        color=ACCENT,
        alpha=0.6,
        ecolor=INK,
    )
    axes.set(xlabel="Decrease of ROC AUC if the column is shuffled")
    axes.tick_params(axis="y", length=0)


def _errors(axes: Axes, evaluation: Evaluation) -> None:
    groups = evaluation.groups[::-1]
    shares = np.array([group.wrong / group.rows for group in groups])
    spread = [shares - [group.low for group in groups], [group.high for group in groups] - shares]
    axes.errorbar(shares, range(len(groups)), xerr=spread, color=ACCENT, fmt="o", capsize=3)
    axes.set(
        yticks=range(len(groups)), yticklabels=[group.value for group in groups], xlabel="Share of wrong predictions"
    )
    axes.set_xlim(left=0)
    axes.tick_params(axis="y", length=0)
