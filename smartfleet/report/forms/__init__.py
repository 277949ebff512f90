"""The forms of a report, one module each. Each has `write(data, out, words)`."""
