# Fuzz targets of strategy.
