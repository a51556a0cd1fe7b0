"""``python -m dualdiff``."""

import sys

from dualdiff.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
