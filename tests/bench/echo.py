"""The upper bound: Flask, PyJWT and waitress with the routes of the article, without a prediction.

python echo.py PORT
"""

import logging
import sys
import time

import jwt
import waitress
from flask import Flask, Response, jsonify, request

KEY = "a key of more than thirty-two bytes for the echo"
app = Flask(__name__)


@app.get("/login")
def login() -> Response:
    """Return a token."""
    return jsonify({"token": jwt.encode({"user": "census", "exp": time.time() + 7200}, KEY, algorithm="HS256")})


@app.post("/prediction")
def prediction() -> Response:
    """Return one constant prediction for each row."""
    jwt.decode(request.headers["Authorization"], KEY, algorithms=["HS256"])
    return jsonify({"predictions": ["Annual Salary <50K"] * len(request.get_json()["inputs"])})


if __name__ == "__main__":
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # waitress warns of each request that waits
    waitress.serve(app, host="127.0.0.1", port=int(sys.argv[1]), threads=4)
