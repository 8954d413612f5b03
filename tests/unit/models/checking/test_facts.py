"""The facts of a model as data and as JSON."""

import json

import numpy as np

from ml_census.engine.engine_info import EngineInfo
from ml_census.models.checking.facts import ColumnFacts, ModelCheck
from ml_census.schema import Column


def test_column_has_the_number_of_its_categories() -> None:
    facts = ColumnFacts.of(Column("plan", "category", categories=("a", "b", np.nan), nullable=True))

    assert facts == ColumnFacts("plan", "category", 3, True)


def test_model_with_a_problem_is_not_servable() -> None:
    assert ModelCheck("model.pkl").is_servable
    assert not ModelCheck("model.pkl", problem="damaged").is_servable


def test_facts_are_json() -> None:
    columns = (ColumnFacts("age", "number", 0, False),)
    facts = ModelCheck("model.pkl", columns=columns, engine=EngineInfo("sklearn", reason="no rule"))

    document = json.loads(json.dumps(facts.to_json()))

    assert document["is_servable"] is True
    assert document["columns"] == [{"name": "age", "type": "number", "categories": 0, "nullable": False}]
    assert document["engine"]["reason"] == "no rule"
