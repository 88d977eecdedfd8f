# Sources of strategy.
