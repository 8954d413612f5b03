"""Pipelines that must compile: pipelines, unions, ColumnTransformers, selections and searches."""

from collections.abc import Callable

from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

from support.compile_data import (
    CATEGORIES,
    LABELS,
    MEASURES,
    NUMBERS,
    ROWS,
    CompileCase,
    columns_of,
    forest_of,
    of_frame,
    of_numbers,
    one_hot,
    tree,
)

CASES: dict[str, Callable[[], CompileCase]] = {
    "columns by name, the rest passed through": lambda: one_hot(handle_unknown="ignore"),
    "columns by index, the rest dropped": lambda: of_frame(
        columns_of((OrdinalEncoder(), [1, 3]), ("passthrough", [2]), remainder="drop"), tree()
    ),
    "columns by mask": lambda: of_frame(
        columns_of((OneHotEncoder(), [False, True, False, True]), ("passthrough", [True, False, True, False])), tree()
    ),
    "columns by slice": lambda: of_frame(
        columns_of(
            (StandardScaler(), slice(0, 1)), (OneHotEncoder(), slice(1, 2)), ("drop", [3]), remainder=MinMaxScaler()
        ),
        tree(),
    ),
    "columns by a slice of names": lambda: of_frame(
        columns_of((StandardScaler(), slice("education-num", "education-num")), (OneHotEncoder(), ["sex"])), tree()
    ),
    "columns by negative index": lambda: of_frame(columns_of((OrdinalEncoder(), [-1]), ("passthrough", [-2])), tree()),
    "columns by a callable": lambda: of_frame(
        columns_of((OneHotEncoder(), lambda frame: ["sex"]), (StandardScaler(), MEASURES)), tree()
    ),
    "columns trained on lists": lambda: CompileCase(
        make_pipeline(
            columns_of((OneHotEncoder(handle_unknown="ignore"), [3, 1]), ("passthrough", [0, 2])), tree()
        ).fit(ROWS, LABELS),
        ROWS,
    ),
    "a column taken twice": lambda: of_frame(
        columns_of(
            (OneHotEncoder(), ["sex"]),
            (OrdinalEncoder(), ["sex"]),
            (StandardScaler(), MEASURES),
            ("passthrough", ["age"]),
        ),
        tree(),
    ),
    "a part without columns": lambda: of_frame(columns_of((StandardScaler(), MEASURES), (OneHotEncoder(), [])), tree()),
    "a remainder that is an estimator": lambda: of_frame(
        columns_of((OneHotEncoder(), CATEGORIES), remainder=RobustScaler()), tree()
    ),
    "columns in columns": lambda: of_frame(
        columns_of(
            (columns_of((OneHotEncoder(), [1]), ("passthrough", [0])), ["age", "workclass"]),
            (make_pipeline(OrdinalEncoder(), MinMaxScaler()), ["sex"]),
            remainder="passthrough",
        ),
        tree(),
    ),
    "a pipeline in a pipeline": lambda: of_numbers(
        make_pipeline(SimpleImputer(), make_pipeline("passthrough", StandardScaler())),
        make_pipeline(MinMaxScaler(), tree()),
    ),
    "a union": lambda: of_numbers(make_union(StandardScaler(), MinMaxScaler(), "passthrough", "drop"), tree()),
    "a union of unions": lambda: of_numbers(
        make_union(make_union(MaxAbsScaler(), SelectKBest(k=1)), make_pipeline(RobustScaler())), forest_of()
    ),
    "a selection": lambda: of_numbers(SelectKBest(k=1), tree()),
    "a FunctionTransformer of no function": lambda: of_numbers(FunctionTransformer(), StandardScaler(), tree()),
    "a search": lambda: CompileCase(
        GridSearchCV(make_pipeline(MinMaxScaler(), tree()), {"decisiontreeclassifier__max_depth": [2, 4]}, cv=2).fit(
            NUMBERS, LABELS
        ),
        NUMBERS,
    ),
}
