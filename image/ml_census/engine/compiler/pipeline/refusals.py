"""The reasons for which the compiler refuses an estimator of scikit-learn."""

from typing import Any

from ml_census.engine.compiler.pipeline.features import UnsupportedModelError

REASONS = {
    "each output depends on several columns": (
        "BernoulliRBM CCA DictionaryLearning FactorAnalysis FastICA FeatureAgglomeration GaussianRandomProjection "
        "IncrementalPCA IterativeImputer LatentDirichletAllocation MiniBatchDictionaryLearning MiniBatchNMF "
        "MiniBatchSparsePCA NMF NeighborhoodComponentsAnalysis Normalizer Nystroem PCA PLSCanonical PLSRegression "
        "PLSSVD PolynomialCountSketch RBFSampler SkewedChi2Sampler SparseCoder SparsePCA SparseRandomProjection "
        "TfidfTransformer TruncatedSVD"
    ).split(),
    "the model compares each row with training rows": (
        "GaussianProcessClassifier GaussianProcessRegressor Isomap KNNImputer KNeighborsClassifier KNeighborsRegressor "
        "KNeighborsTransformer KernelCenterer KernelDensity KernelPCA KernelRidge LabelPropagation LabelSpreading "
        "LocalOutlierFactor LocallyLinearEmbedding NearestNeighbors NuSVC NuSVR OneClassSVM "
        "RadiusNeighborsClassifier RadiusNeighborsRegressor RadiusNeighborsTransformer SVC SVR"
    ).split(),
    "its input is text": ["CountVectorizer", "HashingVectorizer", "TfidfVectorizer"],
    "its input is no table": ["DictVectorizer", "FeatureHasher", "PatchExtractor"],
}
"""A reason -> the classes of scikit-learn for which it holds. A rule of the compiler
has precedence."""


def no_rule(owner: type) -> str:
    """Return the reason for which the compiler refuses the estimators of a class without a rule."""
    is_sklearn = owner.__module__.startswith("sklearn.")
    found = [reason for reason, names in REASONS.items() if is_sklearn and owner.__name__ in names]
    return f"no rule for {owner.__name__}: {found[0]}" if found else f"no rule for {owner.__name__}"


def require_class_methods(estimator: Any) -> None:
    """Raise UnsupportedModelError if an attribute of an estimator replaces a method of its class, such as predict."""
    for name in vars(estimator):
        if callable(getattr(type(estimator), name, None)):
            raise UnsupportedModelError(f"the method {name} of a {type(estimator).__name__} was replaced")
