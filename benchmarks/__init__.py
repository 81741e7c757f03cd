"""The times and the memory that the README states: `make bench`."""
