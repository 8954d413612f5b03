"""Scoring of whole tables: `ml-census score MODEL INPUT OUTPUT`, in one process or in many that share no state.

    INPUT: Parquet or CSV          OUTPUT: a folder
    ---------------------          ----------------
    footers ──── plan.py ────────▶ plan.json              the parts, created once; all processes agree on the first
    part k ───── part_scoring.py ▶ rejected-k.parquet     the rows that a server would reject
                                   part-k.parquet         the predictions
                 run.py ─────────▶ part-k.json            the counts: the part is finished
                 completion.py ──▶ metrics.prom, _SUCCESS once all parts are finished and their sums are right

Process i of n scores the parts k with k % n == i. Each file is created whole or not at all.
A process that is killed leaves finished parts, and maybe one without part-k.json.
The next process scores such a part again, and keeps the file that is there.

Modules:
    batch_model.py       load the compiled model
    plan.py              the parts of the input, and plan.json
    tables.py            read Parquet and CSV in batches of rows
    table_columns.py     find the columns of the model in a table, and check their types
    column_values.py     convert the values of a column, and find the invalid ones
    row_validation.py    split the rows of a batch into valid and rejected rows
    prediction_columns.py the columns of the output; reason_columns.py those of --reasons
    part_scoring.py      score one part
    repeated_storage.py  storage operations with a few attempts each
    output_folder.py     create the files of the output
    run.py               score the parts of one process, with several threads
    completion.py        check the sums of all parts
    progress.py          lines on stderr and JSON lines about parts

The package needs pyarrow: `pip install 'ml-census[batch]'`.
"""
