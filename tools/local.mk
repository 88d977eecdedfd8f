# lint.
