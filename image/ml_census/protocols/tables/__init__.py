"""Tables of Parquet and Arrow as bodies of /prediction. The size of a table is known before pyarrow reads it.

Modules:
    arrow_tables.py    read a Parquet file or an Arrow stream
    arrow_values.py    convert Arrow values to those of JSON rows; `ml-census score` uses the same rule
    arrow_messages.py  reject compressed record batches, and dictionaries that a message extends
    parquet_size.py    rows and decompressed bytes of a Parquet file, from its footer and page headers
    thrift_structs.py  read the Thrift structs of this footer and these headers
"""
