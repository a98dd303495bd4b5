"""Pure: does a text rank the product that was bought with another above wrong ones? No Django, no database."""
