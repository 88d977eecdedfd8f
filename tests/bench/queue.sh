# What a large queue and many sessions cost.  Sourced by run.sh.
