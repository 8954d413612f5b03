"""Render report.html: the evaluation of a model, in one file that loads nothing.

report.py             render_report() and its input ReportContext
tiles.py              the most important metrics, each beside its baseline
confusion.py          tables of right and wrong predictions by class
tables.py             tables with bars: errors by group, importance of the columns
probability_plots.py  plots of the probabilities of a classifier
regression_plots.py   plots of the errors of a regressor
plot.py               a plot as an SVG path for each layer, with axes as HTML text
formatting.py         numbers as text
templates/            the page, its styles, and the script of the threshold
"""

from ml_census.training.report.report import ReportContext, render_report

__all__ = ["ReportContext", "render_report"]
