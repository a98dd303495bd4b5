"""The process that trains, in a Python of its own: it knows neither Django nor the rest of the product."""
