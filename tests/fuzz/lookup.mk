# Fuzz targets of lookup.
