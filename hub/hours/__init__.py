"""`python -m hub hours`: opening hours judged from a file, without a store."""
