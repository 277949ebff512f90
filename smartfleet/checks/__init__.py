"""What speaks against moving a profile, or is worth knowing: facts in, reasons out. `audit` and `plan` share it."""
