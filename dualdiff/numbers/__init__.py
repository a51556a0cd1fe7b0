"""How a derivative travels: the chain rule, once per kind of number."""
