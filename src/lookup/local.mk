# Sources of lookup.
