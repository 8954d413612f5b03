"""python kserve_model.py MODEL --http_port=PORT --enable_grpc=false

As KServe's own sklearnserver predicts, which the package kserve does not have.
"""

import sys

import joblib
import kserve
import uvicorn
from kserve.utils.utils import get_predict_input, get_predict_response


class Census(kserve.Model):
    def load(self):
        self.model = joblib.load(sys.argv[1])
        self.ready = True

    def predict(self, payload, headers=None):
        return get_predict_response(payload, self.model.predict(get_predict_input(payload)), self.name)


class Loopback(uvicorn.Config):
    """KServe listens on all addresses, and has no setting for it."""

    def __init__(self, app, **settings):
        super().__init__(app, **settings | {"host": "127.0.0.1"})


if __name__ == "__main__":
    uvicorn.Config = Loopback
    model = Census("census")
    model.load()
    kserve.ModelServer().start([model])
