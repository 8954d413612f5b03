"""Pipelines that must compile: encoders of categories."""

from collections.abc import Callable

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

from support.compile_data import (
    CODES,
    FRAME,
    CompileCase,
    binarized,
    columns_of,
    encoded,
    forest_of,
    of_numbers,
    one_hot,
    ordinal,
    tree,
    with_missing,
)

CASES: dict[str, Callable[[], CompileCase]] = {
    "LabelBinarizer of two classes": lambda: binarized(3),
    "LabelBinarizer of more classes": lambda: binarized(1),
    "LabelBinarizer of both": lambda: binarized(1, 3),
    "one-hot, unknown refused": lambda: one_hot(),
    "one-hot, drop first": lambda: one_hot(drop="first"),
    "one-hot, drop first, unknown ignored": lambda: one_hot(drop="first", handle_unknown="ignore"),
    "one-hot, drop if binary": lambda: one_hot(drop="if_binary", handle_unknown="ignore"),
    "one-hot, drop by hand": lambda: one_hot(drop=[" ?", " Male"]),
    "one-hot, unknown is infrequent": lambda: one_hot(handle_unknown="infrequent_if_exist", min_frequency=80),
    "one-hot, unknown is infrequent, none is": lambda: one_hot(handle_unknown="infrequent_if_exist"),
    "one-hot, at most 3": lambda: one_hot(handle_unknown="ignore", max_categories=3),
    "one-hot, at most 2, drop first": lambda: one_hot(
        handle_unknown="infrequent_if_exist", max_categories=2, drop="first"
    ),
    "one-hot, a share": lambda: one_hot(handle_unknown="ignore", min_frequency=0.3),
    "one-hot, dense": lambda: one_hot(handle_unknown="ignore", sparse_output=False),
    "one-hot, sparse to the model": lambda: encoded(
        OneHotEncoder(handle_unknown="ignore"), forest_of(), sparse_threshold=1
    ),
    "one-hot, categories by hand": lambda: one_hot(
        handle_unknown="ignore", categories=[[" ?", " State-gov", " Never"], [" Male", " Female"]]
    ),
    "one-hot, a missing category": lambda: encoded(
        OneHotEncoder(handle_unknown="ignore"), frame=with_missing(missing=None)
    ),
    "one-hot, NaN as a category": lambda: encoded(OneHotEncoder(handle_unknown="ignore"), frame=with_missing()),
    "one-hot of numbers": lambda: of_numbers(
        columns_of((OneHotEncoder(handle_unknown="ignore"), [1]), remainder="passthrough"), tree(), numbers=CODES
    ),
    "one-hot of numbers with NaN": lambda: of_numbers(
        columns_of((OneHotEncoder(handle_unknown="ignore"), [1]), remainder="passthrough"),
        tree(),
        numbers=np.where(CODES == [0, 30], np.nan, CODES),
    ),
    "one-hot of numbers in a frame": lambda: encoded(
        OneHotEncoder(handle_unknown="ignore"), frame=FRAME.assign(workclass=CODES[:, 1].astype(int))
    ),
    "one-hot of bools": lambda: encoded(
        OneHotEncoder(handle_unknown="ignore"), frame=FRAME.assign(sex=FRAME.sex == " Male")
    ),
    "ordinal, unknown refused": lambda: ordinal(),
    "ordinal, unknown is -1": lambda: ordinal(handle_unknown="use_encoded_value", unknown_value=-1),
    "ordinal, unknown is between": lambda: ordinal(handle_unknown="use_encoded_value", unknown_value=99),
    "ordinal, unknown is NaN": lambda: ordinal(handle_unknown="use_encoded_value", unknown_value=np.nan),
    "ordinal, categories by hand": lambda: ordinal(
        categories=[[" State-gov", " Self-emp", " ?", " Private"], [" Male", " Female"]]
    ),
    "ordinal, infrequent": lambda: ordinal(
        handle_unknown="use_encoded_value", unknown_value=-1, min_frequency=80, max_categories=3
    ),
    "ordinal, missing is -2": lambda: encoded(
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2),
        frame=with_missing(),
    ),
    "ordinal, missing and unknown are NaN": lambda: encoded(
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan), forest_of(), frame=with_missing()
    ),
    "ordinal, None is missing": lambda: encoded(
        OrdinalEncoder(encoded_missing_value=-1), forest_of(), frame=with_missing(missing=None)
    ),
    "ordinal of numbers": lambda: of_numbers(
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), tree(), numbers=CODES
    ),
    "ordinal, then scaled": lambda: encoded(
        make_pipeline(OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), StandardScaler())
    ),
    "ordinal, then one-hot": lambda: encoded(
        make_pipeline(
            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), OneHotEncoder(handle_unknown="ignore")
        )
    ),
}
