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
    batch_model.py         load the compiled model
    plan.py                the settings, the parts of the input, and plan.json
    tables.py              read Parquet and CSV in batches of rows
    table_columns.py       find the columns of the model in a table, and check their types
    column_values.py       convert the values of a column, and find the invalid ones
    row_validation.py      split the rows of a batch into valid and rejected rows
    prediction_columns.py  the added columns of the output
    reason_columns.py      the added columns for --reasons
    part_scoring.py        score one part
    repeated_storage.py    storage operations with a few attempts each
    output_folder.py       create the files of the output
    run.py                 score the parts of one process, with several threads
    completion.py          check the sums of all parts
    progress.py            lines on stderr and JSON lines about parts
    errors.py              BatchError: no retry can succeed

To add an option that changes the output:

1. Add the option to cli/score.py, and a row to docs/reference/cli.md.
2. Add a field to Settings in plan.py, and write and read it in to_bytes() and _from_document(). plan.json has the
   settings, so that all processes of a run use the same. If an older plan.json lacks the field, increase FORMAT.
3. Add the name of the option to _option() in plan.py, for the error about a run with other settings.
4. Use the field in part_scoring.py or in a module that it calls.
5. Add a value below `batch` to the chart, and the option to _batch.tpl. CONTRIBUTING.md lists the files of a value.

An option of one process, such as --threads, needs no field in Settings: cli/score.py
passes the option to run.score().

The package needs pyarrow: `pip install 'ml-census[batch]'`.
"""
