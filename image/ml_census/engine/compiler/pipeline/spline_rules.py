"""Compute the output features of fitted SplineTransformers: a piecewise polynomial of a number for each spline."""

import numpy as np
from scipy.interpolate import BSpline, PPoly
from sklearn.preprocessing import SplineTransformer

from ml_census.engine.compiler.pipeline.features import Feature, UnsupportedModelError
from ml_census.engine.compiler.pipeline.outputs import Operations, outputs


def transform_splines(step: SplineTransformer, features: list[Feature]) -> list[Feature]:
    """Return the output features of a SplineTransformer: one for each spline of each column.

    Raises UnsupportedModelError if the step rejects a category. Raises
    UnsupportedModelError also for the degree 0, and for linear extrapolation of the
    degree 1: scikit-learn 1.9 then extrapolates the columns differently.
    """
    if step.degree == 0 or (step.degree == 1 and step.extrapolation == "linear"):
        raise UnsupportedModelError(f"no rule for a SplineTransformer of degree {step.degree}, {step.extrapolation}")
    return outputs(step, features, [_splines(step, spline) for spline in step.bsplines_])


def _splines(step: SplineTransformer, spline: BSpline) -> list[Operations]:
    """Return the operations of each spline of one column."""
    low, high = spline.t[spline.k], spline.t[-spline.k - 1]
    before: Operations = ()
    if step.extrapolation == "periodic":
        before = (("subtract", float(low)), ("remainder", float(high - low)), ("add", float(low)))
    count = spline.c.shape[1] - (not step.include_bias)
    return [(*before, ("spline", *_polynomials(step.extrapolation, spline, index))) for index in range(count)]


def _polynomials(extrapolation: str, spline: BSpline, index: int) -> list[float]:
    """Return the operands of the operation "spline": the degree, the borders and the coefficients."""
    knots, degree = spline.t, spline.k
    inner = [position for position in range(degree, len(knots) - degree - 1) if knots[position] < knots[position + 1]]
    coefficients = PPoly.from_spline(BSpline(knots, spline.c[:, index], degree)).c.T
    borders, pieces = knots[inner], coefficients[inner]
    if extrapolation in ("continue", "periodic"):
        pieces = np.vstack([pieces[:1], pieces])
    else:
        borders = np.append(borders, np.nextafter(knots[-degree - 1], np.inf))
        below, above = (_outside(extrapolation, spline, index, side) for side in (0, 1))
        pieces = np.vstack([below, pieces, above])
    return [float(degree), *map(float, borders), *map(float, pieces.ravel())]


def _outside(extrapolation: str, spline: BSpline, index: int, side: int) -> list[float]:
    """Return the polynomial below (side 0) or above (side 1) the knots, the coefficient of the highest power first."""
    border, degree = spline.t[[spline.k, -spline.k - 1]][side], spline.k
    value, slope = spline(border)[index], spline(border, nu=1)[index]
    if extrapolation == "error":
        return [0.0] * degree + [np.inf]
    if extrapolation == "constant":
        return [0.0] * degree + [value]
    return [0.0] * (degree - 1) + [slope, value]
