"""What browsers get: the page and the OpenAPI document."""
