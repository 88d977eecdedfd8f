# End-to-end scenarios.
