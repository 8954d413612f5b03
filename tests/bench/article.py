"""The server of the article, for comparison: Flask's development server, a pickle, a JWT, and model.predict.

python article.py FOLDER PORT, with model.pkl and prediction_decoding.json in FOLDER.
"""

import json
import sys
import time
from pathlib import Path

import joblib
import jwt
from flask import Flask, Response, jsonify, request

KEY = "the article's key, which it keeps in clear beside its users"
folder = Path(sys.argv[1])
model = joblib.load(folder / "model.pkl")
decoding = json.loads((folder / "prediction_decoding.json").read_text())
app = Flask(__name__)


@app.get("/login")
def login() -> Response | tuple[Response, int]:
    """Return a token for the right password."""
    credentials = request.authorization
    if not credentials or (credentials.username, credentials.password) != ("census", "census"):
        return jsonify({"error message": "your password or username is invalid"}), 401
    return jsonify(
        {"token": jwt.encode({"user": credentials.username, "exp": time.time() + 720}, KEY, algorithm="HS256")}
    )


@app.route("/prediction", methods=["GET", "POST"])
def prediction() -> Response | tuple[Response, int]:
    """Return the decoded predictions for a valid token."""
    token = request.headers.get("Authorization")
    if not token:
        return jsonify({"error message": "Token is missing!"}), 403
    try:
        jwt.decode(token, KEY, algorithms=["HS256"])
    except jwt.PyJWTError:
        return jsonify({"error message": "Token is invalid!"}), 403
    return jsonify({"predictions": [decoding[str(label)] for label in predict(request.get_json()["inputs"])]})


def predict(inputs: list[list[object]]) -> list[object]:
    """Return the labels of rows."""
    labels: list[object] = model.predict(inputs).tolist()
    return labels


if __name__ == "__main__":
    app.run(port=int(sys.argv[2]), threaded=True)
