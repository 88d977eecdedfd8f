# Sources of cli.
