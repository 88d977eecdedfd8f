# The programs: main functions only.
