# Unit tests of strategy.
