"""bentoml serve bentoml_model:Census, with the model's path in BENCH_MODEL."""

import os
from typing import Any

import bentoml
import joblib


@bentoml.service
class Census:
    def __init__(self) -> None:
        self.model = joblib.load(os.environ["BENCH_MODEL"])

    @bentoml.api
    def predict(self, inputs: list[list[Any]]) -> list[int]:
        return self.model.predict(inputs).tolist()
