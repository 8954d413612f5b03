"""What browsers load: the page, the API's documentation, the model's report."""
