"""Pipelines that must compile, each fitted on a small census made here, and how their answers are compared."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    ElasticNet,
    ElasticNetCV,
    Lasso,
    LassoCV,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    Ridge,
    RidgeClassifier,
    RidgeCV,
)
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    LabelBinarizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor

from ml_census.engine.predictor import PredictionError, Predictor
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.schema_inference import infer_schema
from ml_census.schema.column import LARGEST, Column
from ml_census.schema.schema import Columns, Schema
from support.sample_models import NAMES, census, only

ROWS, LABELS = census(300)
FRAME = pd.DataFrame(ROWS, columns=NAMES)
NUMBERS = FRAME[["age", "education-num"]].to_numpy(dtype=float)
MONEY = LABELS * 1000.5 + NUMBERS[:, 0]
THREE = LABELS + (NUMBERS[:, 0] > 50)
GAPS = np.where(np.arange(600).reshape(300, 2) % 7 == 0, np.nan, NUMBERS)
CODES = np.column_stack([NUMBERS[:, 0], NUMBERS[:, 1] % 5 * 10])
CATEGORIES, MEASURES = ["workclass", "sex"], ["age", "education-num"]

NULLABLE = Schema((Column(0, "number", nullable=True), Column(1, "number", nullable=True)), "numbers")


@dataclass(frozen=True)
class Case:
    """A fitted model, what it was trained on, and a schema by hand if it does not tell all of it."""

    model: Any
    inputs: Any
    schema: Schema | None = None

    def original(self) -> SklearnPredictor:
        return SklearnPredictor(self.model, self.schema or infer_schema(self.model))

    def rows(self) -> list[list[Any]]:
        """What it was trained on as a client sends it."""
        lists = self.inputs if isinstance(self.inputs, list) else np.asarray(self.inputs, dtype=object).tolist()
        return [[None if value != value else value for value in row] for row in lists]

    def odd_rows(self) -> list[list[Any]]:
        """Rows of which one value is unknown, missing, written as text or extreme, as far as the schema allows it."""
        usual = self.rows()
        odd = []
        columns = (self.schema or infer_schema(self.model)).columns
        for place in range(0, len(columns), 1 + len(columns) // 9):  # of very many columns, some
            column = columns[place]
            values: list[Any] = [None] if column.nullable else []
            if column.kind == "number":
                values += [
                    str(usual[1][place]).replace("None", "1"),
                    "1e38",
                    0.1,
                    -(2**53) - 1,
                    LARGEST,
                    -LARGEST,
                    1e-45,
                ]
            elif column.kind == "category" and not column.refuse_unknown:
                text = any(isinstance(value, str | bool) for value in column.categories)
                values += ["no such", "", "Äpfel" * 20] if text else [12345, -7.5, 0.1]
            for number, value in enumerate(values):
                row = list(usual[number])
                row[place] = value
                odd.append(row)
        return odd


def alike(compiled: CompiledPredictor, original: Predictor, columns: Columns) -> None:
    """Forests answer the very same; where links or sums of another order are used, within 1e-9."""
    tolerance = 0 if compiled.scoring.exact and compiled.link == "identity" else 1e-9
    got, wanted = compiled.predict(columns), original.predict(columns)
    if compiled.classes is None:
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)
    else:
        assert got == wanted
        assert [type(value) for value in got] == [type(value) for value in wanted]
    if original.has_probabilities:
        np.testing.assert_allclose(
            compiled.probabilities(columns), original.probabilities(columns), rtol=tolerance, atol=tolerance
        )


def refused(predictor: Predictor, columns: Columns) -> bool:
    try:
        predictor.predict(columns)
    except PredictionError:
        return True
    return False


def forest(inputs: Any, labels: Sequence[Any] | np.ndarray = LABELS, **settings: Any) -> RandomForestClassifier:
    return RandomForestClassifier(**{"n_estimators": 5, "random_state": 0} | settings).fit(inputs, labels)


def of_frame(*steps: Any, labels: Any = LABELS, frame: pd.DataFrame = FRAME) -> Case:
    return Case(make_pipeline(*steps).fit(frame, labels), frame)


def of_numbers(*steps: Any, labels: Any = LABELS, numbers: Any = NUMBERS, schema: Schema | None = None) -> Case:
    return Case(make_pipeline(*steps).fit(numbers, labels), numbers, schema)


def tree(**settings: Any) -> DecisionTreeClassifier:
    return DecisionTreeClassifier(random_state=0, **settings)


def encoded(encoder: Any, model: Any | None = None, frame: pd.DataFrame = FRAME, **settings: Any) -> Case:
    """The encoder for both categories, the numbers as they are."""
    columns = ColumnTransformer([("c", encoder, CATEGORIES)], remainder="passthrough", **settings)
    return of_frame(columns, tree() if model is None else model, frame=frame)


def one_hot(**settings: Any) -> Case:
    return encoded(OneHotEncoder(**settings))


def ordinal(**settings: Any) -> Case:
    return encoded(OrdinalEncoder(**settings))


def with_missing(frame: pd.DataFrame = FRAME, missing: Any = np.nan, every: int = 9) -> pd.DataFrame:
    """The census with holes in both categories."""
    frame = frame.astype({"workclass": object, "sex": object})
    for name in CATEGORIES:
        frame.loc[frame.index % every == len(name) % every, name] = missing
    return frame


def binarized(*places: int) -> Case:
    """The article's way: SelectKBest as a column picker before each LabelBinarizer, trained on lists."""
    parts: list[tuple[str, Any]] = []
    for place in places:
        binarizer = LabelBinarizer().fit(only(place).transform(ROWS))
        parts.append((f"c{place}", Pipeline([("pick", only(place)), ("binarize", binarizer)])))
    parts.append(("age", only(0)))
    union = FeatureUnion(parts)
    return Case(Pipeline([("union", union), ("forest", forest(union.transform(ROWS)))]), ROWS)


def wide() -> Case:
    """200 columns, of which a tree can only use a few."""
    numbers = np.random.default_rng(1).normal(size=(300, 200))
    return of_numbers(forest_of(max_depth=3), labels=(numbers[:, 7] + numbers[:, 150] > 0).astype(int), numbers=numbers)


def forest_of(**settings: Any) -> RandomForestClassifier:
    return RandomForestClassifier(**{"n_estimators": 5, "random_state": 0} | settings)


def histograms(frame: Any = NUMBERS, labels: Any = LABELS, **settings: Any) -> Case:
    model = HistGradientBoostingClassifier(max_iter=8, random_state=0, min_samples_leaf=5, **settings)
    return Case(model.fit(frame, labels), frame)


def histogram_numbers(numbers: np.ndarray = NUMBERS, labels: Any = MONEY, **settings: Any) -> Case:
    model = HistGradientBoostingRegressor(max_iter=8, random_state=0, min_samples_leaf=5, **settings)
    return Case(model.fit(numbers, labels), numbers)


def boosted(labels: Any = LABELS, inputs: Any = NUMBERS, **settings: Any) -> Case:
    return Case(GradientBoostingClassifier(n_estimators=8, random_state=0, **settings).fit(inputs, labels), inputs)


def columns_of(*parts: tuple[Any, Any], **settings: Any) -> ColumnTransformer:
    return make_column_transformer(*parts, **settings)


def category_types(frame: pd.DataFrame = FRAME) -> pd.DataFrame:
    return frame.astype({"workclass": "category", "sex": "category"})


CASES: dict[str, Callable[[], Case]] = {
    # what holds steps together
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
    "columns trained on lists": lambda: Case(
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
    "nobody takes a column": lambda: of_frame(columns_of((StandardScaler(), MEASURES), (OneHotEncoder(), [])), tree()),
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
    "a search": lambda: Case(
        GridSearchCV(make_pipeline(MinMaxScaler(), tree()), {"decisiontreeclassifier__max_depth": [2, 4]}, cv=2).fit(
            NUMBERS, LABELS
        ),
        NUMBERS,
    ),
    # encoders of categories
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
    # scalers and imputers
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
    "categories for missing, with an indicator": lambda: Case(
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
    # models
    "RandomForestClassifier": lambda: Case(forest(NUMBERS), NUMBERS),
    "RandomForestClassifier without bootstrap": lambda: Case(forest(NUMBERS, bootstrap=False, max_features=1), NUMBERS),
    "RandomForestClassifier of few leaves": lambda: Case(
        forest(NUMBERS, max_leaf_nodes=6, min_samples_leaf=7), NUMBERS
    ),
    "RandomForestClassifier of weighted classes": lambda: Case(
        forest(NUMBERS, class_weight="balanced", min_samples_split=20, criterion="entropy"), NUMBERS
    ),
    "RandomForestClassifier, multi-class": lambda: Case(forest(NUMBERS, THREE), NUMBERS),
    "RandomForestClassifier, trained on missing": lambda: Case(forest(GAPS), GAPS, NULLABLE),
    "RandomForestClassifier, missing never seen": lambda: Case(forest(NUMBERS), NUMBERS, NULLABLE),
    "RandomForestClassifier of one tree": lambda: Case(forest(NUMBERS, n_estimators=1), NUMBERS),
    "RandomForestClassifier of 17 trees": lambda: Case(forest(NUMBERS, n_estimators=17), NUMBERS),
    "RandomForestClassifier of 200 columns": wide,
    "RandomForestClassifier trained on a frame": lambda: Case(forest(FRAME[MEASURES]), FRAME[MEASURES]),
    "RandomForestClassifier of names": lambda: Case(forest(NUMBERS, np.where(LABELS, "rich", "poor")), NUMBERS),
    "RandomForestClassifier of bools": lambda: Case(forest(NUMBERS, LABELS > 0), NUMBERS),
    "RandomForestClassifier of floats": lambda: Case(forest(NUMBERS, LABELS * 2.0), NUMBERS),
    "RandomForestClassifier of objects": lambda: Case(forest(NUMBERS, LABELS.astype(str).astype(object)), NUMBERS),
    "ExtraTreesClassifier": lambda: Case(
        ExtraTreesClassifier(5, random_state=0, max_depth=6, bootstrap=True).fit(NUMBERS, THREE), NUMBERS
    ),
    "ExtraTreesClassifier, trained on missing": lambda: Case(
        ExtraTreesClassifier(5, random_state=0).fit(GAPS, LABELS), GAPS, NULLABLE
    ),
    "DecisionTreeClassifier": lambda: Case(tree(max_depth=4).fit(NUMBERS, LABELS), NUMBERS),
    "DecisionTreeClassifier, pruned": lambda: Case(tree(ccp_alpha=0.005).fit(NUMBERS, LABELS), NUMBERS),
    "DecisionTreeClassifier, trained on missing": lambda: Case(tree().fit(GAPS, LABELS), GAPS, NULLABLE),
    "DecisionTreeClassifier of monotony": lambda: Case(tree(monotonic_cst=[0, 1]).fit(NUMBERS, LABELS), NUMBERS),
    "ExtraTreeClassifier": lambda: Case(ExtraTreeClassifier(random_state=0).fit(NUMBERS, LABELS), NUMBERS),
    "RandomForestRegressor": lambda: Case(RandomForestRegressor(5, random_state=0).fit(NUMBERS, MONEY), NUMBERS),
    "RandomForestRegressor of several outputs": lambda: Case(
        RandomForestRegressor(5, random_state=0).fit(NUMBERS, np.column_stack([MONEY, LABELS, -MONEY])), NUMBERS
    ),
    "RandomForestRegressor of Poisson's criterion": lambda: Case(
        RandomForestRegressor(5, random_state=0, criterion="poisson").fit(NUMBERS, MONEY), NUMBERS
    ),
    "ExtraTreesRegressor": lambda: Case(ExtraTreesRegressor(5, random_state=0).fit(NUMBERS, MONEY), NUMBERS),
    "DecisionTreeRegressor": lambda: Case(DecisionTreeRegressor(random_state=0).fit(NUMBERS, MONEY), NUMBERS),
    "DecisionTreeRegressor of several outputs": lambda: Case(
        DecisionTreeRegressor(random_state=0).fit(NUMBERS, np.column_stack([MONEY, LABELS])), NUMBERS
    ),
    "ExtraTreeRegressor": lambda: Case(ExtraTreeRegressor(random_state=0).fit(NUMBERS, MONEY), NUMBERS),
    "GradientBoostingClassifier": lambda: boosted(),
    "GradientBoostingClassifier, exponential": lambda: boosted(loss="exponential"),
    "GradientBoostingClassifier, multi-class": lambda: boosted(THREE, subsample=0.7),
    "GradientBoostingClassifier from zero": lambda: boosted(init="zero", learning_rate=0.3),
    "GradientBoostingClassifier from zero, multi-class": lambda: boosted(THREE, init="zero"),
    "GradientBoostingClassifier of names": lambda: boosted(np.where(LABELS, "rich", "poor"), max_leaf_nodes=5),
    "GradientBoostingClassifier that stopped early": lambda: boosted(n_iter_no_change=2),
    "GradientBoostingRegressor": lambda: Case(
        GradientBoostingRegressor(n_estimators=8, random_state=0).fit(NUMBERS, MONEY), NUMBERS
    ),
    "GradientBoostingRegressor, huber, from zero": lambda: Case(
        GradientBoostingRegressor(n_estimators=8, random_state=0, loss="huber", init="zero").fit(NUMBERS, MONEY),
        NUMBERS,
    ),
    "GradientBoostingRegressor, quantile": lambda: Case(
        GradientBoostingRegressor(n_estimators=8, random_state=0, loss="quantile").fit(NUMBERS, MONEY), NUMBERS
    ),
    "HistGradientBoostingClassifier": lambda: histograms(),
    "HistGradientBoostingClassifier, multi-class": lambda: histograms(labels=THREE),
    "HistGradientBoostingClassifier, trained on missing": lambda: histograms(GAPS),
    "HistGradientBoostingClassifier of names": lambda: histograms(labels=np.where(LABELS, "rich", "poor")),
    "HistGradientBoostingClassifier, categories by dtype": lambda: histograms(category_types()),
    "HistGradientBoostingClassifier, categories with missing": lambda: histograms(category_types(with_missing())),
    "HistGradientBoostingClassifier, categories by mask": lambda: histograms(CODES, categorical_features=[False, True]),
    "HistGradientBoostingClassifier, categories by index with missing": lambda: histograms(
        np.where(CODES == 20, np.nan, CODES), categorical_features=[1]
    ),
    "HistGradientBoostingClassifier, categories by name": lambda: histograms(
        FRAME.assign(workclass=CODES[:, 1].astype(int))[["age", "workclass"]], categorical_features=["workclass"]
    ),
    "HistGradientBoostingClassifier, many categories": lambda: histograms(
        np.column_stack([NUMBERS[:, 0] * 3, NUMBERS[:, 1]]),
        labels=LABELS ^ (NUMBERS[:, 0] % 3 == 1),
        categorical_features=[0],
        max_leaf_nodes=60,
    ),
    "HistGradientBoostingClassifier after an encoder": lambda: encoded(
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan),
        HistGradientBoostingClassifier(max_iter=8, random_state=0, categorical_features=[0, 1]),
        frame=with_missing(),
    ),
    "HistGradientBoostingClassifier after a scaler": lambda: of_numbers(
        StandardScaler(), HistGradientBoostingClassifier(max_iter=8, random_state=0)
    ),
    "HistGradientBoostingRegressor": lambda: histogram_numbers(),
    "HistGradientBoostingRegressor, Poisson": lambda: histogram_numbers(loss="poisson"),
    "HistGradientBoostingRegressor, gamma": lambda: histogram_numbers(labels=MONEY + 1, loss="gamma"),
    "HistGradientBoostingRegressor, absolute, missing": lambda: histogram_numbers(GAPS, loss="absolute_error"),
    "LogisticRegression": lambda: of_numbers(StandardScaler(), LogisticRegression()),
    "LogisticRegression, multi-class": lambda: of_numbers(StandardScaler(), LogisticRegression(), labels=THREE),
    "LogisticRegression without intercept": lambda: of_numbers(MinMaxScaler(), LogisticRegression(fit_intercept=False)),
    "LogisticRegression by liblinear": lambda: of_numbers(StandardScaler(), LogisticRegression(solver="liblinear")),
    "LogisticRegression after everything": lambda: Case(
        make_pipeline(
            columns_of(
                (OneHotEncoder(handle_unknown="ignore", min_frequency=20), ["workclass"]),
                (OneHotEncoder(handle_unknown="ignore", drop="if_binary"), ["sex"]),
                (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), MEASURES),
            ),
            LogisticRegression(),
        ).fit(with_missing().assign(age=GAPS[:, 0]), np.where(THREE == 1, "b", np.where(THREE == 2, "c", "a"))),
        with_missing().assign(age=GAPS[:, 0]),
    ),
    "LogisticRegressionCV": lambda: of_numbers(
        StandardScaler(),
        LogisticRegressionCV(Cs=2, cv=2, l1_ratios=(0,), use_legacy_attributes=False, scoring="accuracy"),
    ),
    "RidgeClassifier": lambda: of_numbers(StandardScaler(), RidgeClassifier(), labels=LABELS > 0),
    "RidgeClassifier, multi-class": lambda: of_numbers(StandardScaler(), RidgeClassifier(), labels=THREE),
    "LinearSVC": lambda: of_numbers(StandardScaler(), LinearSVC()),
    "LinearRegression": lambda: encoded(OneHotEncoder(), LinearRegression()),
    "LinearRegression of several outputs": lambda: of_numbers(
        StandardScaler(), LinearRegression(), labels=np.column_stack([MONEY, LABELS])
    ),
    "Ridge": lambda: of_numbers(StandardScaler(), Ridge(), labels=MONEY),
    "Ridge of several outputs": lambda: of_numbers(StandardScaler(), Ridge(), labels=np.column_stack([MONEY, LABELS])),
    "RidgeCV": lambda: of_numbers(StandardScaler(), RidgeCV(), labels=MONEY),
    "Lasso": lambda: of_numbers(StandardScaler(), Lasso(), labels=MONEY),
    "LassoCV": lambda: of_numbers(StandardScaler(), LassoCV(cv=2, alphas=3), labels=MONEY),
    "ElasticNet": lambda: of_numbers(StandardScaler(), ElasticNet(), labels=MONEY),
    "ElasticNetCV": lambda: of_numbers(StandardScaler(), ElasticNetCV(cv=2, alphas=3), labels=MONEY),
}
