# Unit tests of policy.
