"""One data model, many writers."""
