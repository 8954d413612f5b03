"""Validate the rows that a model accepts. No scikit-learn, no I/O.

A Schema holds a Column for each input of a model and turns the rows of a request into columns of valid values.
serialization reads and writes it as schema.json.
"""

from ml_census.schema.column import Column as Column
from ml_census.schema.column import ColumnType as ColumnType
from ml_census.schema.errors import InvalidRowsError as InvalidRowsError
from ml_census.schema.errors import InvalidValueError as InvalidValueError
from ml_census.schema.errors import SchemaError as SchemaError
from ml_census.schema.rows import MAX_DETAILS as MAX_DETAILS
from ml_census.schema.rows import Columns as Columns
from ml_census.schema.rows import Rows as Rows
from ml_census.schema.schema import Form as Form
from ml_census.schema.schema import Schema as Schema
from ml_census.schema.serialization import schema_from_json as schema_from_json
from ml_census.schema.serialization import schema_to_json as schema_to_json
from ml_census.schema.training_distribution import TrainingDistribution as TrainingDistribution
from ml_census.schema.values import MAX_FLOAT32 as MAX_FLOAT32
from ml_census.schema.values import NAN as NAN
from ml_census.schema.values import Value as Value
