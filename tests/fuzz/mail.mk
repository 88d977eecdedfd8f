# Fuzz targets of mail.
