"""Wire formats, one module each: `parse` a request body, `render` a result, `render_error` an error.

The modules are pure: they import neither Flask nor the model. ml_census/api/views/ has one view module per protocol.
"""
