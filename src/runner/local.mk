# Sources of runner.
