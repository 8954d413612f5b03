"""python mlflow_save.py MODEL FOLDER: the pickle as an MLflow model."""

import sys

import joblib
import mlflow.sklearn

# pip_requirements: else it starts the model to find them
mlflow.sklearn.save_model(joblib.load(sys.argv[1]), sys.argv[2], serialization_format="pickle", pip_requirements=[])
