"""The wire formats, one module each: `parse` a request's body, `answer` a result."""
