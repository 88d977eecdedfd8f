# Sources of policy.
