"""Configuration: reads config.yaml, validates its values and returns an immutable Config."""

from ml_census.config.config import CREDENTIALS as CREDENTIALS
from ml_census.config.config import DEFAULT_MODEL_NAME as DEFAULT_MODEL_NAME
from ml_census.config.config import PROTOCOLS as PROTOCOLS
from ml_census.config.config import Config as Config
from ml_census.config.loading import RENAMED_KEYS as RENAMED_KEYS
from ml_census.config.loading import load as load
