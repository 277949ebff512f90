"""What the comparison works with. The bare clients import this package: it brings nothing along."""
