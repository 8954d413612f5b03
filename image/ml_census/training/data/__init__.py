"""Tables of training data and test data: read, validated by the schema of a model, and with the target of each row.

tables.py         a table of a CSV or Parquet file
model_columns.py  the columns of a model in a table
column_types.py   types and missing values that the fitted model does not state
validation.py     the values of a table, as the server validates a request
targets.py        the class or number of each row
table_rows.py     the rows that have a target, and a sample of them
labelled_rows.py  rows with their targets, the argument of the evaluation
"""
