"""The doctor: asks every host and both servers what a move will need, and names each cause with its remedy."""
