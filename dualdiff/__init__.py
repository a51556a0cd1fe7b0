"""Forward-mode automatic differentiation."""
