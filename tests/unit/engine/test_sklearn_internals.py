"""The private names of scikit-learn that the program reads exist, and mean what the program takes them for."""

import ast
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.cross_decomposition import PLSRegression
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
)
from sklearn.linear_model import LogisticRegression, PoissonRegressor, TweedieRegressor
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import TunedThresholdClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PowerTransformer, StandardScaler

from ml_census.engine import sklearn_internals
from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.sklearn_internals import SklearnInternalsError
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.schema_inference import infer_schema
from ml_census.schema import Column, Schema, SchemaError
from support.sample_models import FRAME, LABELS, NUMBERS

CODES = np.column_stack([np.arange(200) % 12, np.asarray(NUMBERS)[:, 0]])


def histogram_model(**settings: Any) -> HistGradientBoostingClassifier:
    model = HistGradientBoostingClassifier(
        max_iter=2, categorical_features=[0], min_samples_leaf=5, random_state=0, **settings
    )
    return model.fit(CODES, np.arange(200) % 12 % 5 % 2)


def test_input_indices_are_positions_for_names_slices_and_masks() -> None:
    transformer = make_column_transformer(
        (StandardScaler(), ["age"]), (OneHotEncoder(), slice(1, 2)), remainder="passthrough"
    ).fit(FRAME)

    names = [name for name, _, _ in transformer.transformers_]

    assert [sklearn_internals.input_indices(transformer, name) for name in names] == [[0], [1], [2, 3]]


def test_input_indices_of_an_unknown_part_raise_an_error() -> None:
    transformer = make_column_transformer((StandardScaler(), ["age"])).fit(FRAME)

    with pytest.raises(SklearnInternalsError, match=r"_transformer_to_input_indices\['x'\]"):
        sklearn_internals.input_indices(transformer, "x")


def test_power_scaler_scales_the_powers() -> None:
    numbers = CODES + 1
    transformer = PowerTransformer().fit(numbers)
    powers = PowerTransformer(standardize=False).fit_transform(numbers)

    scaler = sklearn_internals.power_scaler(transformer)

    np.testing.assert_allclose(scaler.transform(powers), transformer.transform(numbers))


def test_one_hot_widths_count_the_columns_of_each_feature() -> None:
    encoder = OneHotEncoder(drop="if_binary").fit(FRAME[["workclass", "sex"]])

    assert list(sklearn_internals.one_hot_widths(encoder)) == [4, 1]


def test_initial_scores_are_the_prior_of_gradient_boosting() -> None:
    model = GradientBoostingClassifier(n_estimators=1).fit(NUMBERS, LABELS)
    share = LABELS.mean()

    assert sklearn_internals.initial_scores(model) == pytest.approx([np.log(share / (1 - share))])


def test_loss_and_link_names_are_those_of_the_classes() -> None:
    poisson = HistGradientBoostingRegressor(loss="poisson", max_iter=1).fit(NUMBERS, LABELS + 1.0)

    assert sklearn_internals.loss_name(histogram_model()) == "HalfBinomialLoss"
    assert sklearn_internals.loss_name(poisson) == "HalfPoissonLoss"
    assert sklearn_internals.link_name(poisson) == "LogLink"


def test_link_names_of_generalized_linear_models() -> None:
    poisson = PoissonRegressor().fit(NUMBERS, LABELS + 1.0)
    normal = TweedieRegressor(power=0).fit(NUMBERS, LABELS + 1.0)

    assert sklearn_internals.generalized_link_name(poisson) == "LogLink"
    assert sklearn_internals.generalized_link_name(normal) == "IdentityLink"


def test_feature_means_are_those_of_the_training() -> None:
    model = PLSRegression(1).fit(NUMBERS, LABELS)

    assert sklearn_internals.feature_means(model) == pytest.approx(np.mean(NUMBERS, axis=0))


def test_isolation_scores_are_powers_of_the_path_lengths() -> None:
    model = IsolationForest(n_estimators=5, max_samples=50, random_state=0).fit(NUMBERS)
    lengths = sklearn_internals.isolation_path_lengths(model)
    leaves = [tree.apply(NUMBERS) for tree in model.estimators_]

    sums = np.sum([length[leaf] for length, leaf in zip(lengths, leaves, strict=True)], axis=0)

    expected = -(2 ** (-sums / sklearn_internals.isolation_denominator(model)))
    np.testing.assert_allclose(model.score_samples(NUMBERS), expected)


def test_category_encoder_knows_the_categories_of_the_training() -> None:
    encoder = sklearn_internals.category_encoder(histogram_model())

    assert encoder is not None
    assert [values.tolist() for values in encoder.categories_] == [list(range(12))]


def test_category_encoder_is_none_without_categorical_features() -> None:
    model = HistGradientBoostingClassifier(max_iter=1).fit(NUMBERS, LABELS)

    assert sklearn_internals.category_encoder(model) is None


def test_histogram_trees_sum_up_to_the_models_raw_scores() -> None:
    model = HistGradientBoostingRegressor(max_iter=3, random_state=0).fit(NUMBERS, LABELS * 1.5)
    scores = np.tile(sklearn_internals.histogram_baseline(model), (len(NUMBERS), 1))

    for tree in sklearn_internals.histogram_trees(model):
        for row, numbers in enumerate(NUMBERS):
            node = 0
            while not tree.is_leaf[node]:
                is_left = numbers[tree.feature[node]] <= tree.threshold[node]
                node = int(tree.left[node] if is_left else tree.right[node])
            scores[row, tree.output] += tree.value[node]

    assert scores[:, 0] == pytest.approx(model.predict(NUMBERS))


def test_histogram_trees_know_where_missing_values_go() -> None:
    numbers = np.array([[np.nan if row % 3 == 0 else row] for row in range(120)], dtype=float)
    labels = np.isnan(numbers[:, 0]) | (numbers[:, 0] > 60)
    model = HistGradientBoostingClassifier(max_iter=1, max_depth=1, min_samples_leaf=5).fit(numbers, labels)

    (tree,) = sklearn_internals.histogram_trees(model)

    assert not tree.missing_go_to_left[0]


def test_category_splits_hold_bitsets_of_category_codes() -> None:
    splits = [
        split for tree in sklearn_internals.histogram_trees(histogram_model()) for split in tree.by_category.values()
    ]

    assert splits
    for split in splits:
        assert split.known[0] == 2**12 - 1
        assert split.left.shape == (8,)
        assert 0 < int(split.left[0]) < 2**12


@pytest.mark.parametrize(
    ("function", "owner", "name"),
    [
        (lambda owner: sklearn_internals.input_indices(owner, "a"), ColumnTransformer([]), "_transformer"),
        (sklearn_internals.one_hot_widths, OneHotEncoder(), "_n_features_outs"),
        (sklearn_internals.initial_scores, LogisticRegression(), "_raw_predict_init"),
        (sklearn_internals.loss_name, LogisticRegression(), "_loss"),
        (sklearn_internals.link_name, LogisticRegression(), "_loss"),
        (sklearn_internals.generalized_link_name, LogisticRegression(), "_base_loss"),
        (sklearn_internals.feature_means, LogisticRegression(), "_x_mean"),
        (sklearn_internals.isolation_path_lengths, LogisticRegression(), "_decision_path_lengths"),
        (sklearn_internals.isolation_denominator, LogisticRegression(), "_max_samples"),
        (sklearn_internals.category_encoder, LogisticRegression(), "_preprocessor"),
        (sklearn_internals.histogram_trees, LogisticRegression(), "_bin_mapper"),
        (sklearn_internals.histogram_baseline, LogisticRegression(), "_baseline_prediction"),
    ],
)
def test_missing_private_name_is_reported(function: Any, owner: Any, name: str) -> None:
    with pytest.raises(SklearnInternalsError, match=rf"^scikit-learn [0-9.]+\S* has no {type(owner).__name__}\.{name}"):
        function(owner)


def test_node_field_of_another_name_is_reported() -> None:
    model = histogram_model()
    predictor = model._predictors[0][0]
    predictor.nodes = predictor.nodes[["value", "count", "feature_idx"]]

    with pytest.raises(SklearnInternalsError, match="has no TreePredictor.nodes"):
        sklearn_internals.histogram_trees(model)


def test_pickled_version_follows_its_key() -> None:
    data = pickle.dumps(LogisticRegression())

    _, found, rest = data.partition(sklearn_internals.PICKLED_VERSION_KEY)

    assert found
    assert sklearn.__version__.encode() in rest[:20]


def test_positive_label_of_a_tuned_threshold_is_the_one_of_its_scorer() -> None:
    rows, labels = np.asarray(NUMBERS), np.where(LABELS, "a", "b")
    scorer = make_scorer(f1_score, pos_label="a")
    by_f1, by_default = (
        TunedThresholdClassifierCV(LogisticRegression(), cv=2, scoring=scoring).fit(rows, labels)
        for scoring in (scorer, "balanced_accuracy")
    )

    assert sklearn_internals.tuned_positive_label(by_f1) == "a"
    assert sklearn_internals.tuned_positive_label(by_default) is None


def test_predictions_do_not_read_attributes_of_early_stopping() -> None:
    model = HistGradientBoostingClassifier(max_iter=2, early_stopping=True, scoring="accuracy").fit(NUMBERS, LABELS)
    expected = model.predict(NUMBERS).tolist()

    for name in sklearn_internals.UNUSED_BY_PREDICT:
        del model.__dict__[name]

    assert model.predict(NUMBERS).tolist() == expected


def private_names(path: Path) -> list[str]:
    """Return the private attributes that a module reads of other objects, and what it imports of private modules."""
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and re.match("_[^_]", node.attr):
            if not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")):
                names.append(f"{path.name}: {node.attr}")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sklearn"):
            names += [f"{path.name}: {alias.name}" for alias in node.names if "._" in f"{node.module}.{alias.name}"]
    return names


def test_no_other_module_reads_private_names_of_sklearn() -> None:
    """Modules that handle models call the functions of sklearn_internals."""
    package = Path(sklearn_internals.__file__).parents[1]
    modules = [
        *(package / "engine").rglob("*.py"),
        *(package / "models").rglob("*.py"),
        *(package / "training").rglob("*.py"),
    ]

    assert [name for path in modules for name in private_names(path)] == []


def without_input_indices() -> Any:
    transformer = make_column_transformer((StandardScaler(), ["age", "education-num"]))
    model = make_pipeline(transformer, LogisticRegression()).fit(FRAME, LABELS)
    del transformer._transformer_to_input_indices
    return model


def test_inference_without_a_private_name_asks_for_a_schema() -> None:
    with pytest.raises(SchemaError, match=r"_transformer_to_input_indices\): put a schema.json beside it$"):
        infer_schema(without_input_indices())


def test_compiler_without_a_private_name_falls_back_to_sklearn() -> None:
    schema = Schema(tuple(Column(name, "any") for name in FRAME.columns), "frame")
    original = SklearnPredictor(without_input_indices(), schema)

    predictor, engine = compile_and_verify(original)

    assert predictor is original
    assert "has no ColumnTransformer._transformer_to_input_indices" in str(engine)
