"""The tests' own art: the negative of a picture, with nothing to train, quick and with settings of every kind."""
