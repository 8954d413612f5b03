"""The arrays and counts of trees are those of the struct Forest in forest.h, in its order."""

from ml_census.engine.runtime.kernel import ForestStruct
from support.random_trees import random_ensemble


def test_fields_have_the_order_of_the_struct() -> None:
    ensemble = random_ensemble(1, trees=7, leaves=5, columns=4, width=2, scores=3)

    arrays, counts = ensemble.forest_fields

    names = [field[0] for field in ForestStruct._fields_]
    assert [id(array) for array in arrays] == [id(getattr(ensemble, name)) for name in names[: len(arrays)]]
    assert dict(zip(names[len(arrays) :], counts, strict=False)) == {"trees": 7, "width": 2, "columns": 4, "scores": 3}
