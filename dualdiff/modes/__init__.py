"""What is computed, and at what cost: the operators on functions."""
