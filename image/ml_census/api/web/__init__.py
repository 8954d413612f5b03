"""Web pages: a form for predictions, the API documentation, and the report on the training of the model.

Modules:
    views.py         the routes of the pages, and the Content-Security-Policy of each
    static_files.py  the style sheets and scripts in static/
    openapi.py       the OpenAPI document, from openapi.yaml and the YAML file of each view
    schema_text.py   the types of the OpenAPI document as HTML, for the page /docs

Scripts of the page in static/js/, from the form to the answer. main.js starts the page:
    fields.js        a field for each column; combobox.js searches many categories
    form.js          predict the row after each change
    api.js           requests to the server, and the state of the session
    answer.js        the prediction with its probabilities, and how it has changed
    insights.js      request the effects and the curve of the row
    effects.js       a bar for the effect of each value: the "reasons" of /prediction
    curve.js         the prediction over the values of one column
    history.js       the last predictions
    share.js         a link to the row, and programs that send the row (snippets.js)
    example.js       typical values and an example row
    format.js        values, predictions and errors as text or HTML

Scripts for a table: table.js shows the steps, csv_table.js reads the file (csv.js),
scoring.js predicts, and results.js shows the rows. docs.js is the script of /docs.
"""
