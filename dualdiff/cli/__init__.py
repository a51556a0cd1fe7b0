"""The command line: ``python -m dualdiff demo`` and ``python -m dualdiff jacobian``."""
