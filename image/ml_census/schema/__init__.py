"""Validation of the rows of a prediction request. No module imports scikit-learn or does I/O.

A Schema has one Column for each input column of a model. Schema.validate_rows() checks
the rows of a request and returns their values column by column. schema_to_json() and
schema_from_json() convert a Schema to and from schema.json.
"""

from ml_census.schema.column import Column as Column
from ml_census.schema.column import ColumnType as ColumnType
from ml_census.schema.errors import InvalidRowsError as InvalidRowsError
from ml_census.schema.errors import InvalidValueError as InvalidValueError
from ml_census.schema.errors import SchemaError as SchemaError
from ml_census.schema.rows import MAX_DETAILS as MAX_DETAILS
from ml_census.schema.rows import Columns as Columns
from ml_census.schema.rows import DictionaryColumn as DictionaryColumn
from ml_census.schema.rows import Rows as Rows
from ml_census.schema.schema import ColumnChanges as ColumnChanges
from ml_census.schema.schema import Form as Form
from ml_census.schema.schema import Schema as Schema
from ml_census.schema.serialization import schema_from_json as schema_from_json
from ml_census.schema.serialization import schema_to_json as schema_to_json
from ml_census.schema.training_distribution import TrainingDistribution as TrainingDistribution
from ml_census.schema.values import MAX_FLOAT32 as MAX_FLOAT32
from ml_census.schema.values import NAN as NAN
from ml_census.schema.values import Value as Value
