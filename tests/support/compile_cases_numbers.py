"""Pipelines that must compile: scalers and imputers."""

from collections.abc import Callable

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

from ml_census.schema import Column, Schema
from support.compile_data import (
    CATEGORIES,
    GAPS,
    LABELS,
    NUMBERS,
    CompileCase,
    columns_of,
    encoded,
    forest_of,
    of_numbers,
    tree,
    with_missing,
)

CASES: dict[str, Callable[[], CompileCase]] = {
    "StandardScaler": lambda: of_numbers(StandardScaler(), forest_of()),
    "StandardScaler without mean": lambda: of_numbers(StandardScaler(with_mean=False), forest_of()),
    "StandardScaler without deviation": lambda: of_numbers(StandardScaler(with_std=False), forest_of()),
    "StandardScaler of a constant": lambda: of_numbers(StandardScaler(), tree(), numbers=NUMBERS * [1, 0]),
    "MinMaxScaler": lambda: of_numbers(MinMaxScaler((-1, 3)), forest_of()),
    "MinMaxScaler that clips": lambda: of_numbers(MinMaxScaler(clip=True), forest_of(), numbers=NUMBERS[:, [1, 0]]),
    "MaxAbsScaler": lambda: of_numbers(MaxAbsScaler(), forest_of()),
    "RobustScaler": lambda: of_numbers(RobustScaler(), forest_of()),
    "RobustScaler without anything": lambda: of_numbers(
        RobustScaler(with_centering=False, with_scaling=False), forest_of()
    ),
    "RobustScaler of unit variance": lambda: of_numbers(
        RobustScaler(quantile_range=(10, 80), unit_variance=True), forest_of()
    ),
    "scalers one after the other": lambda: of_numbers(StandardScaler(), MinMaxScaler(), RobustScaler(), forest_of()),
    "mean for missing": lambda: of_numbers(SimpleImputer(), forest_of(), numbers=GAPS),
    "median for missing, scaled": lambda: of_numbers(
        SimpleImputer(strategy="median"), StandardScaler(), forest_of(), numbers=GAPS
    ),
    "scaled, most frequent for missing": lambda: of_numbers(
        StandardScaler(), SimpleImputer(strategy="most_frequent"), forest_of(), numbers=GAPS
    ),
    "a constant for missing": lambda: of_numbers(
        SimpleImputer(strategy="constant", fill_value=-1), forest_of(), numbers=GAPS
    ),
    "an indicator of missing": lambda: of_numbers(SimpleImputer(add_indicator=True), forest_of(), numbers=GAPS),
    "a constant column for an empty one": lambda: of_numbers(
        SimpleImputer(keep_empty_features=True), forest_of(), numbers=GAPS * [np.nan, 1]
    ),
    "categories for missing": lambda: encoded(
        make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")),
        frame=with_missing(),
    ),
    "a category of its own for missing": lambda: encoded(
        make_pipeline(SimpleImputer(strategy="constant", fill_value="none"), OneHotEncoder(handle_unknown="ignore")),
        frame=with_missing(),
    ),
    "categories for missing, with an indicator": lambda: CompileCase(
        make_pipeline(
            columns_of(
                (
                    make_pipeline(
                        SimpleImputer(strategy="most_frequent", add_indicator=True),
                        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
                    ),
                    CATEGORIES,
                ),
                remainder="passthrough",
            ),
            tree(),
        ).fit(with_missing(), LABELS),
        with_missing(),
        Schema(
            (
                Column("age", "number"),
                Column("workclass", "category", (" Private", " Self-emp", " State-gov", " ?"), nullable=True),
                Column("education-num", "number"),
                Column("sex", "category", (" Female", " Male"), nullable=True),
            ),
            "frame",
        ),
    ),
}
